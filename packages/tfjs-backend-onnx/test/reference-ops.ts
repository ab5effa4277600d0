import type { Node } from '../src/graph/node';
import { structuralNumber } from '../src/graph/node';
import { sizeOf } from '../src/graph/types';

/** A list of numbers and its shape. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

type Compute = (node: Node, inputs: readonly Numbers[]) => number[];

const places = (shape: readonly number[]): number[][] =>
  Array.from({ length: sizeOf(shape) }, (_, at) => {
    let rest = at;
    return shape.map((__, axis) => {
      const below = sizeOf(shape.slice(axis + 1));
      const index = Math.floor(rest / below);
      rest -= index * below;
      return index;
    });
  });

/** The element at a place of a shape that `x` broadcasts to. */
function at({ shape, values }: Numbers, place: readonly number[]): number {
  let index = 0;
  shape.forEach((size, axis) => {
    const along = place[place.length - shape.length + axis] as number;
    index = index * size + (size === 1 ? 0 : along);
  });
  return values[index] as number;
}

const elementwise =
  (f: (...operands: number[]) => number): Compute =>
  (node, inputs) =>
    places(node.shape).map((place) => f(...inputs.map((input) => at(input, place))));

function number(node: Node, name: string, otherwise: number): number {
  const value = node.attributes?.[name];
  if (typeof value === 'number') return value;
  return typeof value === 'object' && 'f' in value ? value.f : otherwise;
}

/** alpha · a × b (+ c), either transposed in its last two dims. */
const product: Compute = (node, [a, b, c]) => {
  const [turnA, turnB] = [number(node, 'transA', 0), number(node, 'transB', 0)];
  const { shape } = a as Numbers;
  const inner = shape.at(turnA === 1 ? -2 : -1) as number;
  return places(node.shape).map((place) => {
    const [row, column] = place.slice(-2) as [number, number];
    const batch = place.slice(0, -2);
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      const left = turnA === 1 ? [k, row] : [row, k];
      const right = turnB === 1 ? [column, k] : [k, column];
      sum += at(a as Numbers, [...batch, ...left]) * at(b as Numbers, [...batch, ...right]);
    }
    return number(node, 'alpha', 1) * sum + (c === undefined ? 0 : at(c, place));
  });
};

const reduction =
  (join: (list: number[]) => number): Compute =>
  (node, [x]) => {
    const { shape } = x as Numbers;
    const axes = node.integers?.[0] ?? [];
    const groups = new Map<string, number[]>();
    for (const place of places(shape)) {
      const key = place.filter((_, axis) => !axes.includes(axis)).join();
      groups.set(key, [...(groups.get(key) ?? []), at(x as Numbers, place)]);
    }
    return [...groups.values()].map(join);
  };

const sum = (list: number[]): number => list.reduce((total, value) => total + value, 0);
const same: Compute = (_, [x]) => Array.from((x as Numbers).values);

/** Enough operators to train a perceptron, straight from their definitions. */
export const REFERENCE_OPS: Readonly<Record<string, Compute>> = {
  '@const': (node) => {
    const value = structuralNumber(node);
    return value === null ? [...(node.attributes?.['value'] as readonly number[])] : [value];
  },
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: elementwise((a, b) => a / b),
  Neg: elementwise((x) => -x),
  Exp: elementwise((x) => Math.exp(x)),
  Relu: elementwise((x) => Math.max(x, 0)),
  HardSigmoid: (node, inputs) => {
    const [alpha, beta] = [number(node, 'alpha', 0.2), number(node, 'beta', 0.5)];
    return elementwise((x) => Math.min(1, Math.max(0, alpha * x + beta)))(node, inputs);
  },
  Expand: elementwise((x) => x),
  Identity: same,
  Reshape: same,
  Transpose: (node, [x]) => {
    const perm = node.attributes?.['perm'] as readonly number[];
    return places(node.shape).map((place) =>
      at(
        x as Numbers,
        perm.map((_, axis) => place[perm.indexOf(axis)] as number),
      ),
    );
  },
  MatMul: product,
  FusedMatMul: product,
  Gemm: product,
  ReduceSum: reduction(sum),
  ReduceMean: reduction((list) => sum(list) / list.length),
};
