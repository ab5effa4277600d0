import type { Initialiser, Operator } from './onnx-graph';

/** A float32 weight of a graph. */
export interface Weight {
  /** Names the weight and how it is turned. */
  readonly key: string;
  readonly shape: readonly number[];
  /** Row by row. */
  readonly values: Float32Array;
}

/** Smaller weights stay float32: they cost neither memory nor time. */
const LEAST_ELEMENTS = 1024;

/** Operators that change the form of a weight and not its numbers. */
export const FORMS: ReadonlySet<string> = new Set(['Reshape', 'Transpose']);

/** The weights of a graph by the names of values: initialisers, also reshaped and transposed. */
export class WeightTable {
  private readonly initialisers: ReadonlyMap<string, Initialiser>;
  private readonly forms: ReadonlyMap<string, Operator>;

  constructor(initialisers: readonly Initialiser[], operators: readonly Operator[]) {
    this.initialisers = new Map(initialisers.map((each) => [each.name, each]));
    this.forms = new Map(
      operators.filter(({ op }) => FORMS.has(op)).map((each) => [each.outputs[0]!, each]),
    );
  }

  /** The weight of a name; undefined for a value that is computed, and for a small weight. */
  get(name: string): Weight | undefined {
    const form = this.forms.get(name);
    if (form === undefined) return this.stored(name);
    const source = this.get(form.inputs[0]!);
    if (source === undefined) return undefined;
    if (form.op === 'Reshape') return this.reshaped(source, form.inputs[1]!);
    const perm = form.attributes?.['perm'];
    return Array.isArray(perm) ? turned(source, perm as readonly number[]) : undefined;
  }

  private stored(name: string): Weight | undefined {
    const source = this.initialisers.get(name);
    if (source?.dtype !== 'float32' || source.bytes.byteLength < 4 * LEAST_ELEMENTS) {
      return undefined;
    }
    // A copy, since the bytes need not begin at a multiple of 4.
    const values = new Float32Array(source.bytes.slice().buffer);
    return { key: name, shape: source.shape, values };
  }

  private reshaped({ key, values }: Weight, sizes: string): Weight | undefined {
    const bytes = this.initialisers.get(sizes)?.bytes;
    if (bytes === undefined) return undefined;
    const shape = Array.from(new BigInt64Array(bytes.slice().buffer), Number);
    const isPlain = shape.reduce((a, b) => a * b, 1) === values.length;
    return isPlain ? { key: `${key} ${shape.join()}`, shape, values } : undefined;
  }
}

/** A weight with its axes in the order of `perm`, as ONNX's `Transpose` gives it. */
export function turned({ key, shape, values }: Weight, perm: readonly number[]): Weight {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const size = perm.map((axis) => shape[axis]!);
  const steps = perm.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const place = size.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from]!;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++place[axis]! < size[axis]!) break;
      from -= steps[axis]! * size[axis]!;
      place[axis] = 0;
    }
  }
  return { key: `${key} by ${perm.join()}`, shape: size, values: result };
}

/** The largest int8 that is used, so that the range is the same on both sides of 0. */
const LARGEST = 127;

/**
 * Rows [N, …] as int8 with a scale each, max |w| / 127; w ≈ scale · value.
 *
 * @param asColumns whether the values of a matrix are given as [K, N] in place of [N, K].
 */
export function quantiseRows(
  { shape, values }: Weight,
  asColumns: boolean,
): { readonly values: Int8Array; readonly scales: Float32Array } {
  const rows = shape[0]!;
  const length = values.length / rows;
  const result = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let i = 0; i < length; i++) {
      largest = Math.max(largest, Math.abs(values[row * length + i]!));
    }
    const scale = largest > 0 ? largest / LARGEST : 1;
    scales[row] = scale;
    for (let i = 0; i < length; i++) {
      result[asColumns ? i * rows + row : row * length + i] = Math.round(
        values[row * length + i]! / scale,
      );
    }
  }
  return { values: result, scales };
}
