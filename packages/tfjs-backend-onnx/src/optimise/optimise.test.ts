import { expect, it } from 'vitest';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import type { Attributes } from '../graph/types';
import type { Constants } from '../execution/program-cache';
import { optimise } from './optimise';
import { rules } from './rules';

const made: Node[] = [];
function op(
  name: string,
  inputs: Node[],
  shape: number[] = [16, 16],
  attributes: Attributes | null = null,
  integers: number[][] | null = null,
): Node {
  const node = new Node(name, inputs, shape, 'float32', attributes, integers);
  made.push(node);
  return node;
}
const input = (shape = [16, 16]): Node => leaf(shape, 'float32');
const number = (value: number): Node => op('@const', [], [], { value: { f: value } });

/** The operators left, without constants, in the order of computation. */
function optimised(outputs: Node[], constants: Constants = []): Node[] {
  const plan = makePlan(made.splice(0), outputs);
  return optimise(plan, constants, rules).nodes.filter((node) => node.op !== '@const');
}
const ops = (nodes: Node[]): string[] => nodes.map((node) => node.op);

it('computes equal things once', () => {
  const x = input();
  const sum = op('Add', [op('Exp', [x]), op('Exp', [x])]);
  const nodes = optimised([sum]);
  expect(ops(nodes)).toEqual(['Exp', 'Add']);
  expect(nodes[1]?.inputs).toEqual([nodes[0], nodes[0]]);
});

it('computes further outputs together with the first', () => {
  const x = input();
  const both = new Node('MaxPool', [x], [16, 16], 'float32');
  const pooled = op('MaxPool', [x]);
  made.push(both);
  const places = op('@out', [both], [16, 16], { index: 1 });
  const nodes = optimised([op('Add', [pooled, places])]);
  expect(ops(nodes)).toEqual(['MaxPool', '@out', 'Add']);
  expect(nodes[1]?.inputs).toEqual([nodes[0]]);
});

it('keeps apart what differs in attributes, inputs or type', () => {
  const [x, y] = [input(), input()];
  const parts = [
    op('Softmax', [x], [16, 16], { axis: 0 }),
    op('Softmax', [x], [16, 16], { axis: 1 }),
    op('Softmax', [y], [16, 16], { axis: 1 }),
  ];
  expect(ops(optimised(parts))).toEqual(['Softmax', 'Softmax', 'Softmax']);
});

it('gives outputs that became one, or an input, a node of their own', () => {
  const x = input();
  const twice = [op('Exp', [x]), op('Exp', [x])];
  const two = optimise(makePlan(made.splice(0), twice), [], rules);
  expect(ops([...two.outputs])).toEqual(['Exp', 'Identity']);
  expect(two.outputs.map((node) => two.places.get(node))).toEqual([0, 1]);
});

it('folds numbers that follow one another', () => {
  const product = op('Mul', [number(3), op('Mul', [input(), number(2)])]);
  const [only, ...rest] = optimised([product]);
  expect(rest).toEqual([]);
  expect(only?.inputs[1]?.attributes).toEqual({ value: { f: 6 } });
});

it('does not fold what others use, what would overflow, or what may vary', () => {
  const once = op('Mul', [input(), number(2)]);
  expect(ops(optimised([op('Mul', [once, number(3)]), once]))).toEqual(['Mul', 'Mul']);
  const huge = op('Mul', [op('Mul', [input(), number(1e-25)]), number(1e-25)]);
  expect(ops(optimised([huge]))).toEqual(['Mul', 'Mul']);
  const build = (): Node => op('Mul', [op('Mul', [input(), input([1])]), input([1])]);
  expect(ops(optimised([build()]))).toEqual(['Mul', 'Mul']);
  const [two, three] = [leaf([1], 'float32'), leaf([1], 'float32')];
  const folded = op('Mul', [op('Mul', [input(), two]), three]);
  const constants = [null, Float32Array.of(2), Float32Array.of(3)];
  expect(ops(optimised([folded], constants))).toEqual(['Mul']);
});

it('leaves a number alone that widens the shape', () => {
  const wide = leaf([1, 1, 1], 'float32');
  const first = op('Mul', [input(), wide], [1, 16, 16]);
  const second = op('Mul', [first, number(3)], [1, 16, 16]);
  expect(ops(optimised([second], [null, Float32Array.of(2)]))).toEqual(['Mul', 'Mul']);
});

it('moves factors into products', () => {
  const [a, b] = [input(), input()];
  const before = op('MatMul', [op('Mul', [a, number(0.125)]), b]);
  const after = op('Mul', [before, number(4)]);
  const [only, ...rest] = optimised([after]);
  expect(rest).toEqual([]);
  expect(only?.op).toBe('FusedMatMul');
  expect(only?.inputs).toEqual([a, b]);
  expect(only?.attributes).toEqual({ alpha: { f: 0.5 } });
});

it('moves a row that is added into the product', () => {
  for (const turn of [false, true]) {
    const product = op('FusedMatMul', [input(), input()], [16, 16], { transB: 1 });
    const row = input([16]);
    const sum = op('Add', turn ? [row, product] : [product, row]);
    const [only, ...rest] = optimised([sum]);
    expect(rest).toEqual([]);
    expect(only?.op).toBe('Gemm');
    expect(only?.inputs[2]).toBe(row);
    expect(only?.attributes).toEqual({ transA: 0, transB: 1, alpha: { f: 1 } });
  }
  const column = op('Add', [op('MatMul', [input(), input()]), input([16, 1])]);
  expect(ops(optimised([column]))).toEqual(['MatMul', 'Add']);
  const shared = op('MatMul', [input(), input()]);
  expect(ops(optimised([op('Add', [shared, input([16])]), shared]))).toEqual(['MatMul', 'Add']);
});

it('has the normal distribution function in one pass', () => {
  const erf = op('Erf', [input()]);
  const cumulative = op('Mul', [op('Add', [erf, number(1)]), number(0.5)]);
  expect(ops(optimised([cumulative]))).toEqual(['Erf', 'HardSigmoid']);
});

it('sums rows by a product, squares without storing them', () => {
  const rows = op('ReduceSum', [input([4, 4, 16])], [16], { keepdims: 0 }, [[0, 1]]);
  expect(ops(optimised([rows]))).toEqual(['Expand', 'Reshape', 'MatMul', 'Reshape']);
  const columns = op('ReduceSum', [input()], [16], { keepdims: 0 }, [[1]]);
  expect(ops(optimised([columns]))).toEqual(['ReduceSum']);
  const x = input();
  const squares = op('ReduceSum', [op('Mul', [x, x])], [], { keepdims: 0 }, [[0, 1]]);
  expect(ops(optimised([squares]))).toEqual(['Reshape', 'FusedMatMul', 'Reshape']);
});

it('gives numbers beside shapes that end in 1 as many axes', () => {
  const filter = (): Node => input([16, 16, 1, 1]);
  const add = op('Add', [filter(), number(2)], [16, 16, 1, 1]);
  const [aligned, sum] = optimised([add]);
  expect(aligned?.shape).toEqual([1, 1, 1, 1]);
  expect(sum?.inputs[1]).toBe(aligned);
  const once = op('Mul', [filter(), number(2)], [16, 16, 1, 1]);
  const twice = op('Mul', [once, number(3)], [16, 16, 1, 1]);
  expect(ops(optimised([twice]))).toEqual(['Reshape', 'Mul']);
  expect(ops(optimised([op('Add', [input(), number(2)])]))).toEqual(['Add']);
  const single = op('Add', [input([1]), number(2)], [1]);
  expect(ops(optimised([single]))).toEqual(['Add']);
});

it('computes again what was made to wait for another value', () => {
  // Gradient checkpointing rests on it: see core's `checkpoint`.
  const [x, late] = [input(), input([])];
  const waiting = op('Where', [op('Equal', [late, late], []), x, x]);
  const nodes = optimised([op('Exp', [x]), op('Exp', [waiting])]);
  expect(ops(nodes)).toEqual(['Exp', 'Equal', 'Where', 'Exp']);
});

it('copes with graphs deeper than the call stack', () => {
  let x = input();
  for (let i = 0; i < 20_000; i++) x = op('Neg', [x]);
  expect(optimised([x]).length).toBe(20_000);
});
