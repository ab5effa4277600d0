import type { Attributes } from '../graph/types';
import type { OnnxGraph, Operator } from './onnx-graph';
import { FORMS, WeightTable, quantiseRows, turned, type Weight } from './weight-table';

/** The least and the largest number of a value, by its name. */
export type Ranges = ReadonlyMap<string, readonly [least: number, largest: number]>;

/** The levels of 8 bits without a sign. */
const LEVELS = 255;
/** `TensorProto.DataType.FLOAT` */
const FLOAT = 1;

/**
 * Replaces products and convolutions by weights with operators on 8 bits, in standard ONNX. Weights
 * are int8 with a scale for each output channel, max |w| / 127, and without a zero point. The other
 * operand is uint8 with one scale and zero point: of a product from its range in each run (dynamic),
 * of a convolution from `ranges` (static); a convolution without a range stays float32. Sums are
 * int32, and everything else is float32 (B. Jacob et al., arXiv 1712.05877).
 *
 * @param outputs the names of the model's outputs.
 */
export function quantise(graph: OnnxGraph, ranges: Ranges, outputs: readonly string[]): void {
  const before = graph.operators.splice(0);
  const weights = new WeightTable(graph.initialisers, before);
  const quantiser = new Quantiser(graph, weights, ranges);
  for (const operator of before) {
    if (!quantiser.replace(operator)) graph.operators.push(operator);
  }
  prune(graph, outputs);
}

/** The names of the values whose ranges decide how convolutions are quantised. */
export function convolvedValues(graph: OnnxGraph): string[] {
  const weights = new WeightTable(graph.initialisers, graph.operators);
  const names = graph.operators.flatMap(({ op, inputs }) => {
    const [x, w] = inputs as [string, string];
    return op === 'Conv' && weights.get(w) !== undefined ? [x] : [];
  });
  return [...new Set(names)];
}

interface Quantised {
  readonly values: string;
  readonly scale: string;
  readonly zero: string;
}

class Quantiser {
  /** By the name of the value, or of the weight and how it is turned. */
  private readonly dynamic = new Map<string, Quantised>();
  private readonly stored = new Map<string, { readonly values: string; readonly scale: string }>();

  constructor(
    private readonly graph: OnnxGraph,
    private readonly weights: WeightTable,
    private readonly ranges: Ranges,
  ) {}

  /** Adds what computes an operator in 8 bits; false if it stays as it is. */
  replace({ op, inputs, outputs, attributes }: Operator): boolean {
    const [x, w, bias] = inputs as [string, string, string | undefined];
    if (op !== 'MatMul' && op !== 'Gemm' && op !== 'Conv') return false;
    const weight = this.weights.get(w);
    if (weight === undefined) return false;
    if (op === 'Conv') return this.convolve(x, weight, bias, attributes, outputs[0]!);
    const { transA = 0, transB = 0, alpha, beta } = attributes ?? {};
    if (weight.shape.length !== 2 || transA !== 0 || numberOf(beta) !== 1) return false;
    const columns = op === 'Gemm' && transB === 1 ? weight : turned(weight, [1, 0]);
    this.multiply(x, columns, numberOf(alpha), bias, outputs[0]!);
    return true;
  }

  /** alpha · x · wᵀ + bias, for rows of w [N, K]. */
  private multiply(
    x: string,
    rows: Weight,
    alpha: number,
    bias: string | undefined,
    output: string,
  ): void {
    const { graph } = this;
    const left = this.quantised(x);
    const { values, scale } = this.store(rows, alpha, [rows.shape[0]!], true);
    const sums = graph.add('MatMulInteger', [left.values, values, left.zero]);
    const both = graph.add('Mul', [left.scale, scale]);
    this.finish(sums, both, bias, output);
  }

  private convolve(
    x: string,
    weight: Weight,
    bias: string | undefined,
    attributes: Attributes | null,
    output: string,
  ): boolean {
    const range = this.ranges.get(x);
    if (range === undefined) return false;
    const { graph } = this;
    const [least, largest] = [Math.min(range[0], 0), Math.max(range[1], 0)];
    const step = largest > least ? (largest - least) / LEVELS : 1;
    const zero = graph.bytes(Uint8Array.of(Math.round(-least / step)));
    const filters = weight.shape[0]!;
    const across = [filters, ...weight.shape.slice(2).map(() => 1)];
    const { values, scale } = this.store(weight, step, across, false);
    const image = graph.add('QuantizeLinear', [x, graph.float(step), zero]);
    const sums = graph.add('ConvInteger', [image, values, zero], attributes);
    const added = bias === undefined ? bias : graph.add('Reshape', [bias, graph.integers(across)]);
    this.finish(sums, scale, added, output);
    return true;
  }

  private finish(sums: string, scale: string, bias: string | undefined, output: string): void {
    const { graph } = this;
    const numbers = graph.add('Cast', [sums], { to: FLOAT });
    if (bias === undefined) graph.add('Mul', [numbers, scale], null, [output]);
    else graph.add('Add', [graph.add('Mul', [numbers, scale]), bias], null, [output]);
  }

  private quantised(x: string): Quantised {
    const known = this.dynamic.get(x);
    if (known !== undefined) return known;
    const { graph } = this;
    const [values, scale, zero] = [
      graph.fresh('values'),
      graph.fresh('scale'),
      graph.fresh('zero'),
    ];
    graph.add('DynamicQuantizeLinear', [x], null, [values, scale, zero]);
    const made = { values, scale, zero };
    this.dynamic.set(x, made);
    return made;
  }

  /** Rows [N, …] in 8 bits, and their scales times `factor` in `shape`. */
  private store(
    rows: Weight,
    factor: number,
    shape: readonly number[],
    asColumns: boolean,
  ): { readonly values: string; readonly scale: string } {
    const key = `${rows.key} ${factor} ${shape.join()} ${asColumns}`;
    const known = this.stored.get(key);
    if (known !== undefined) return known;
    const { graph } = this;
    const { values, scales } = quantiseRows(rows, asColumns);
    const scaled = Float32Array.from(scales, (scale) => scale * factor);
    const size = asColumns ? [...rows.shape].reverse() : rows.shape;
    const made = {
      values: graph.initialiser(graph.fresh('weight'), 'int8', size, bytesOf(values)),
      scale: graph.initialiser(graph.fresh('scales'), 'float32', shape, bytesOf(scaled)),
    };
    this.stored.set(key, made);
    return made;
  }
}

/** An attribute of one number, whose default is 1. */
function numberOf(attribute: Attributes[string] | undefined): number {
  return typeof attribute === 'object' && 'f' in attribute ? attribute.f : 1;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int8Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Removes forms of weights that nothing reads any more, then weights that nothing reads. */
function prune({ operators, initialisers, values }: OnnxGraph, outputs: readonly string[]): void {
  const read = new Set(outputs);
  const live = operators.toReversed().filter(({ op, inputs, outputs: [name] }) => {
    const isRead = !FORMS.has(op) || read.has(name!);
    if (isRead) for (const input of inputs) read.add(input);
    return isRead;
  });
  operators.splice(0, operators.length, ...live.reverse());
  keep(initialisers, ({ name }) => read.has(name));
  const made = new Set(operators.flatMap((operator) => operator.outputs));
  keep(values, ({ name }) => made.has(name));
}

function keep<T>(list: T[], isKept: (item: T) => boolean): void {
  const kept = list.filter(isKept);
  list.splice(0, list.length, ...kept);
}
