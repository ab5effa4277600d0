import { expect, it } from 'vitest';
import type { Dimension } from './dimension';
import { SIZES, Samples } from './dimension';
import type { GraphInput } from './inputs';
import { OnnxGraph } from './onnx-graph';
import { SizeArithmetic } from './size-arithmetic';

const inputs: readonly GraphInput[] = [
  { path: 'x', name: 'x', shape: [3, 'batch'], dtype: 'float32' },
  { path: 'y', name: 'y', shape: ['words', 'batch'], dtype: 'float32' },
];
const samples = new Samples(['batch', 'words'], SIZES[0] as number[]);
const along = (f: (batch: number, words: number) => number): Dimension =>
  samples.sizes.map(([b, w]) => f(b as number, w as number));
const batch = along((b) => b);
const words = along((_, w) => w);
const fixed = (value: number): Dimension => along(() => value);

function setUp(): {
  graph: OnnxGraph;
  sizes: SizeArithmetic;
  valuesOf: (name: string) => number[] | undefined;
} {
  const graph = new OnnxGraph();
  const valuesOf = (name: string): number[] | undefined => {
    const bytes = graph.initialisers.find((tensor) => tensor.name === name)?.bytes;
    return bytes && Array.from(new BigInt64Array(bytes.buffer), Number);
  };
  return { graph, sizes: new SizeArithmetic(graph, samples, inputs), valuesOf };
}

it('needs no operators for fixed lists', () => {
  const { graph, sizes, valuesOf } = setUp();
  expect(valuesOf(sizes.list([fixed(2), fixed(-1)], 'Slice'))).toEqual([2, -1]);
  expect(graph.operators).toEqual([]);
});

it('computes from the shapes of inputs, each size and each sum once', () => {
  const { graph, sizes } = setUp();
  const list = sizes.list([fixed(1), fixed(4), along((b, w) => 2 * b * w + 3), batch], 'Expand');
  expect(sizes.list([fixed(1), fixed(4), along((b, w) => 2 * b * w + 3), batch], 'Expand')).toBe(
    list,
  );
  expect(graph.operators.map(({ op }) => op)).toEqual([
    'Shape',
    'Shape',
    'Mul',
    'Mul',
    'Add',
    'Concat',
  ]);
  const shapes = graph.operators.filter(({ op }) => op === 'Shape');
  expect(shapes.map((shape) => [shape.inputs[0], shape.attributes])).toEqual([
    ['x', { start: 1, end: 2 }],
    ['y', { start: 0, end: 1 }],
  ]);
});

it('leaves to Reshape what Reshape can tell', () => {
  const { graph, sizes, valuesOf } = setUp();
  const product = along((b, w) => 4 * b * w);
  expect(valuesOf(sizes.reshapeTo([batch, fixed(8)], [batch, fixed(2), fixed(4)]))).toEqual([
    0, 2, 4,
  ]);
  expect(valuesOf(sizes.reshapeTo([batch, words, fixed(4)], [product]))).toEqual([-1]);
  expect(valuesOf(sizes.reshapeTo([batch, product], [batch, words, fixed(4)]))).toEqual([0, -1, 4]);
  // Three halves of a size is no polynomial, and need not be one here.
  expect(valuesOf(sizes.reshapeTo([fixed(3)], [along((b) => b / 2), fixed(6)]))).toEqual([-1, 6]);
  expect(graph.operators).toEqual([]);
  expect(sizes.reshapeTo([product], [batch, words, fixed(4)])).toMatch(/^Concat/);
});

it('names the operator when a number is no polynomial', () => {
  const { sizes } = setUp();
  const half = along((b) => Math.floor(b / 2));
  expect(() => sizes.list([half], 'Slice')).toThrow(/Slice takes a number that is 2, 2, 2, 3/);
});
