import { expect, it } from 'vitest';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { optimise } from './optimise';
import { webgpuRules } from './webgpu-rules';

const input = (shape: number[]): Node => leaf(shape, 'float32');

function optimised(left: number[], right: number[], shape: number[], sides: [number, number]) {
  const [a, b] = [input(left), input(right)];
  const attributes = { transA: sides[0], transB: sides[1] };
  const product = new Node('FusedMatMul', [a, b], shape, 'float32', attributes);
  const { nodes } = optimise(makePlan([product], [product]), [], webgpuRules);
  return { nodes, a, b };
}

it('makes a product of matrices Gemm, which transposes', () => {
  const { nodes, a, b } = optimised([4, 3], [5, 4], [3, 5], [1, 1]);
  expect(nodes).toHaveLength(1);
  expect(nodes[0]).toMatchObject({
    op: 'Gemm',
    inputs: [a, b],
    attributes: { transA: 1, transB: 1 },
    shape: [3, 5],
  });
});

it('transposes what a product of batches has transposed', () => {
  const { nodes, a, b } = optimised([7, 2, 3, 4], [2, 5, 4], [7, 2, 3, 5], [0, 1]);
  const [turned, product] = nodes;
  expect(nodes).toHaveLength(2);
  expect(turned).toMatchObject({
    op: 'Transpose',
    inputs: [b],
    attributes: { perm: [0, 2, 1] },
    shape: [2, 4, 5],
  });
  expect(product).toMatchObject({ op: 'MatMul', inputs: [a, turned], shape: [7, 2, 3, 5] });
});

it('leaves factors outside of products, where FusedMatMul would be needed', () => {
  const [a, b] = [input([2, 3, 3]), input([2, 3, 3])];
  const product = new Node('MatMul', [a, b], [2, 3, 3], 'float32');
  const half = new Node('@const', [], [], 'float32', { value: { f: 0.5 } });
  const scaled = new Node('Mul', [product, half], [2, 3, 3], 'float32');
  const { nodes } = optimise(makePlan([product, half, scaled], [scaled]), [], webgpuRules);
  expect(nodes.map(({ op }) => op)).toEqual(['MatMul', '@const', 'Mul']);
});
