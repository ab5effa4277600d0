import type { Node, Rule, Workshop } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';

/*
 * OpenVINO computes int64 as int32, and reductions of integers in float32, which is exact below 2^24.
 * Sums, products, maxima and minima of two int32 are exact.
 */

const EXACT = 2 ** 24;
const PAIRWISE: Readonly<Record<string, string>> = {
  ReduceSum: 'Add',
  ReduceMax: 'Max',
  ReduceMin: 'Min',
};

const isInteger = ({ dtype }: Node): boolean => dtype === 'int32' || dtype === 'int64';

/** The node without casts between integers and reshapes. */
function uncast(node: Node): Node {
  let source = node;
  while (source.op === 'Reshape' || (source.op === 'Cast' && isInteger(source))) {
    source = source.inputs[0] as Node;
  }
  return source;
}

/** Whether all numbers are 0 or 1, so that their sum is exact in float32. */
const isTruth = (x: Node): boolean => uncast(x).dtype === 'bool' && x.size < EXACT;

/** Halves the axis until one element is left, by operators on two integers. */
const reductions: Rule = (node, workshop) => {
  const pairwise = PAIRWISE[node.op];
  const [x] = node.inputs;
  const axes = node.integers?.[0];
  if (pairwise === undefined || x === undefined || axes === undefined) return null;
  if (!isInteger(node) || isTruth(x)) return null;
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [...kept, ...axes];
  const sizes = perm.map((axis) => x.shape[axis] as number);
  const rows = sizeOf(kept.map((axis) => x.shape[axis] as number));
  const isOrdered = perm.every((axis, i) => axis === i);
  const ordered = isOrdered ? x : workshop.node('Transpose', [x], sizes, x.dtype, { perm });
  let flat = workshop.reshape(ordered, [rows, x.size / rows]);
  while ((flat.shape[1] as number) > 1) flat = halved(workshop, flat, pairwise);
  return workshop.reshape(flat, node.shape);
};

/** [R, n] to [R, ⌈n / 2⌉] */
function halved(workshop: Workshop, x: Node, pairwise: string): Node {
  const [rows, length] = x.shape as [number, number];
  const half = Math.floor(length / 2);
  const cut = (from: number, to: number): Node =>
    workshop.node('Slice', [x], [rows, to - from], x.dtype, null, [[from], [to], [1]]);
  const pairs = workshop.node(pairwise, [cut(0, half), cut(half, 2 * half)], [rows, half], x.dtype);
  if (length % 2 === 0) return pairs;
  const last = cut(length - 1, length);
  return workshop.node('Concat', [pairs, last], [rows, half + 1], x.dtype, { axis: 1 });
}

/**
 * Casts a float32 to int64 modulo 2^32, in which OpenVINO keeps it. Beyond 2^31 a float32 is an
 * integer, and the remainder is exact.
 */
const casts: Rule = (node, workshop) => {
  const [x] = node.inputs;
  if (node.op !== 'Cast' || node.dtype !== 'int64' || x?.dtype !== 'float32') return null;
  const of = (op: string, ...inputs: readonly Node[]): Node =>
    workshop.node(op, inputs, x.shape, 'float32');
  const test = (op: string, a: Node, b: Node): Node => workshop.node(op, [a, b], x.shape, 'bool');
  const number = (value: number): Node => workshop.scalar(value);
  const turns = of('Floor', of('Mul', x, number(2 ** -32)));
  const rest = of('Sub', x, of('Mul', turns, number(2 ** 32)));
  const signed = of(
    'Where',
    test('Less', rest, number(2 ** 31)),
    rest,
    of('Sub', rest, number(2 ** 32)),
  );
  const isSmall = test('Less', of('Abs', x), number(2 ** 31));
  const small = of('Where', isSmall, x, signed);
  return workshop.node(
    'Cast',
    [workshop.node('Cast', [small], x.shape, 'int32', { to: 6 })],
    x.shape,
    'int64',
    { to: 7 },
  );
};

export const integerRules: readonly Rule[] = [reductions, casts];
