import type { ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { sameShape, sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Precisions } from './precision';
import { precisionConfig } from './precision';
import type { Value } from './value';
import { denseOf, literal, typeOf } from './value';

/** What a region of an operation computes with its arguments, of which each is one number. */
export interface Region {
  /** Types of the arguments. */
  readonly takes: readonly ElementType[];
  /** Writes operations and gives what the region returns. */
  readonly body: (emitter: Emitter, given: readonly Value[]) => readonly Value[];
}

const BARRIER = 'optimization_barrier';
/** XLA computes what depends on constants alone when it compiles, thousands of times slower. */
const COSTLY: ReadonlySet<string> = new Set([
  'convolution',
  'dot_general',
  'gather',
  'reduce',
  'reduce_window',
  'scatter',
  'sort',
]);

type Typed = Pick<Value, 'shape' | 'dtype' | 'isBf16'>;

/**
 * Writes the body of a StableHLO function, one operation a line in MLIR's generic form, which has
 * stayed the same where the pretty one has changed. Everything else is said in terms of `results`.
 * See https://openxla.org/stablehlo/spec.
 */
export class Emitter {
  readonly lines: string[] = [];
  private readonly constants = new Map<string, Value>();
  private readonly refusals: { readonly wrong: Value; readonly message: string }[] = [];

  constructor(
    private readonly prefix = '%',
    private readonly precisions: Precisions = { dot_general: 'float32', convolution: 'float32' },
    /** Whether a slice may take every n-th element: see `slices.ts`. */
    readonly hasStrides = true,
  ) {}

  /**
   * An operation with any number of results.
   * @param operands of a costly operation, one becomes opaque if all are constants.
   * @param attributes each as `name = attribute`.
   */
  results(
    name: string,
    operands: readonly Value[],
    types: readonly Typed[],
    attributes: readonly string[] = [],
    region: Region | null = null,
  ): Value[] {
    const inputs = this.hidden(name, operands);
    const own = `${this.prefix}${this.lines.length}`;
    const many = types.length > 1;
    const isConstant = name !== BARRIER && inputs.every((input) => input.isConstant);
    const values = types.map((type, i) => ({
      ...type,
      name: many ? `${own}#${i}` : own,
      isConstant,
    }));
    const from = inputs.map((input) => input.name).join(', ');
    const to = types.map(typeOf).join(', ');
    this.lines.push(
      `${own}${many ? `:${types.length}` : ''} = "stablehlo.${name}"(${from})` +
        (region === null ? '' : ` ({\n${this.written(region, own)}\n})`) +
        (attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`) +
        ` : (${inputs.map(typeOf).join(', ')}) -> ${many ? `(${to})` : to}`,
    );
    return values;
  }

  /** An operation with one result. */
  op(
    name: string,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: readonly string[] = [],
    region: Region | null = null,
  ): Value {
    return this.results(name, inputs, [{ shape, dtype }], attributes, region)[0] as Value;
  }

  /**
   * A product or a convolution, of operands in the emitter's precisions if they are float32. Sums are
   * in the type of the result.
   */
  product(
    name: keyof Precisions,
    operands: readonly Value[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: readonly string[],
  ): Value {
    const precision = dtype === 'float32' ? this.precisions[name] : 'float32';
    const given = precision === 'bf16' ? operands.map((x) => this.rounded(x)) : operands;
    return this.op(name, given, shape, dtype, [...attributes, precisionConfig(precision)]);
  }

  /** An operation of CHLO, which plugins expand; its result is like its operand. */
  chlo(name: string, x: Value): Value {
    const { shape, dtype, isConstant } = x;
    const value = { name: `${this.prefix}${this.lines.length}`, shape, dtype, isConstant };
    this.lines.push(`${value.name} = "chlo.${name}"(${x.name}) : (${typeOf(x)}) -> ${typeOf(x)}`);
    return value;
  }

  /** An operation whose result is like its first operand. */
  like(name: string, ...inputs: readonly [Value, ...Value[]]): Value {
    const [{ shape, dtype, isBf16 = false }] = inputs;
    return this.results(name, inputs, [{ shape, dtype, isBf16 }])[0] as Value;
  }

  /** A tensor of which every element is `number`. */
  fill(number: number, shape: readonly number[], dtype: ElementType): Value {
    return this.constant(`dense<${literal(number, dtype)}>`, shape, dtype, { number });
  }

  /** A tensor of these elements. */
  dense(values: Values, shape: readonly number[], dtype: ElementType): Value {
    const [text] = denseOf(values, shape, dtype).split(' : ') as [string];
    const known = values.length === 1 ? { values, number: values[0] as number } : { values };
    return this.constant(text, shape, dtype, known);
  }

  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    if (x.number !== undefined) return this.fill(x.number, shape, x.dtype);
    return this.op('reshape', [x], shape, x.dtype);
  }

  /** Broadcasts as numpy does. */
  spread(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    if (x.number !== undefined) return this.fill(x.number, shape, x.dtype);
    const first = shape.length - x.shape.length;
    return this.along(
      x,
      x.shape.map((_, i) => first + i),
      shape,
    );
  }

  /** `x` with its axes at these places of a shape, and repeated along all others. */
  along(x: Value, axes: readonly number[], shape: readonly number[]): Value {
    return this.op('broadcast_in_dim', [x], shape, x.dtype, [
      `broadcast_dimensions = ${integers(axes)}`,
    ]);
  }

  convert(x: Value, dtype: ElementType): Value {
    return x.dtype === dtype ? x : this.op('convert', [x], x.shape, dtype);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    const shape = perm.map((axis) => x.shape[axis] as number);
    return this.op('transpose', [x], shape, x.dtype, [`permutation = ${integers(perm)}`]);
  }

  /** A comparison (EQ, NE, GE, GT, LE, LT) of equal shapes. */
  compare(direction: string, a: Value, b: Value): Value {
    return this.op('compare', [a, b], a.shape, 'bool', [
      `comparison_direction = #stablehlo<comparison_direction ${direction}>`,
    ]);
  }

  select(condition: Value, a: Value, b: Value): Value {
    return this.op('select', [condition, a, b], a.shape, a.dtype);
  }

  /** 0, 1, 2 … along one axis. */
  iota(shape: readonly number[], axis: number, dtype: ElementType): Value {
    return this.op('iota', [], shape, dtype, [`iota_dimension = ${axis} : i64`]);
  }

  /** Joins along axes, which go, by an operation on two numbers. */
  reduce(name: string, x: Value, axes: readonly number[], start: number): Value {
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    const inputs = [x, this.fill(start, [], x.dtype)];
    const attributes = [`dimensions = ${integers(axes)}`];
    return this.op('reduce', inputs, shape, x.dtype, attributes, joining(name, x.dtype));
  }

  /** The same value, of which XLA knows nothing when it simplifies what comes after it. */
  opaque(x: Value): Value {
    return this.like(BARRIER, x);
  }

  /** The run is refused with this message if any of `wrong` is true: XLA itself never refuses. */
  refuse(wrong: Value, message: string): void {
    const axes = wrong.shape.map((_, axis) => axis);
    const any = axes.length === 0 ? wrong : this.reduce('or', wrong, axes, 0);
    this.refusals.push({ wrong: any, message });
  }

  /** The messages of all refusals, and 1 + the place of the first that applies, or 0. */
  refusal(): { readonly messages: readonly string[]; readonly found: Value | null } {
    const found = this.refusals.reduceRight<Value | null>(
      (later, { wrong }, i) =>
        this.select(wrong, this.fill(i + 1, [], 'int32'), later ?? this.fill(0, [], 'int32')),
      null,
    );
    return { messages: this.refusals.map(({ message }) => message), found };
  }

  private constant(
    text: string,
    shape: readonly number[],
    dtype: ElementType,
    known: Pick<Value, 'number' | 'values'>,
  ): Value {
    const attribute = `${text} : ${typeOf({ shape, dtype })}`;
    const made = this.constants.get(attribute);
    if (made !== undefined) return made;
    const value = { ...this.op('constant', [], shape, dtype, [`value = ${attribute}`]), ...known };
    if (sizeOf(shape) > 0) this.constants.set(attribute, value);
    return value;
  }

  /** The same numbers in bf16. */
  private rounded(x: Value): Value {
    const { shape, dtype } = x;
    return this.results('convert', [x], [{ shape, dtype, isBf16: true }])[0] as Value;
  }

  private hidden(name: string, operands: readonly Value[]): readonly Value[] {
    const [first, ...rest] = operands;
    if (first === undefined || !COSTLY.has(name)) return operands;
    return operands.every(({ isConstant }) => isConstant)
      ? [this.opaque(first), ...rest]
      : operands;
  }

  private written({ takes, body }: Region, own: string): string {
    // Names that begin with a digit are digits throughout.
    const prefix = own.replace('%', '%r').concat('_');
    const inner = new Emitter(prefix);
    const given = takes.map((dtype, i) => ({
      name: `${prefix}a${i}`,
      shape: [],
      dtype,
      isConstant: false,
    }));
    const returned = body(inner, given);
    const types = returned.map(typeOf).join(', ');
    return [
      `^bb0(${given.map((value) => `${value.name}: ${typeOf(value)}`).join(', ')}):`,
      ...inner.lines,
      `"stablehlo.return"(${returned.map(({ name }) => name).join(', ')}) : (${types}) -> ()`,
    ].join('\n');
  }
}

/** `array<i64: 1, 2>` */
export const integers = (list: readonly number[]): string =>
  list.length === 0 ? 'array<i64>' : `array<i64: ${list.join(', ')}>`;

/** A region that joins two numbers by an operation. */
export const joining = (name: string, dtype: ElementType): Region => ({
  takes: [dtype, dtype],
  body: (emitter, [a, b]) => [emitter.like(name, a as Value, b as Value)],
});
