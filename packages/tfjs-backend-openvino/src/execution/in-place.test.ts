import { Node, leaf, makePlan } from '@crossweave/tfjs-backend-onnx/graph';
import { expect, it } from 'vitest';
import { findInPlace } from './in-place';

const S = [4, 4];
const op = (name: string, ...inputs: Node[]): Node => new Node(name, inputs, S, 'float32');

it('overwrites a moment, and not the parameter that a product reads', () => {
  const [x, w, m] = [leaf(S, 'float32'), leaf(S, 'float32'), leaf(S, 'float32')];
  const product = op('MatMul', x, w);
  const moment = op('Add', op('Mul', m, m), product);
  const next = op('Sub', w, moment);
  const nodes = [product, moment.inputs[0]!, moment, next];
  const plan = makePlan(nodes, [moment, next]);
  expect(plan.leaves.indexOf(m)).toBe(2);
  expect(findInPlace(plan, [null, null, null])).toEqual([{ output: 0, leaves: [2] }]);
});

it('overwrites nothing that is read in a different shape or by a different result', () => {
  const m = leaf(S, 'float32');
  const turned = new Node('Transpose', [m], S, 'float32', { perm: [1, 0] });
  const both = op('Add', turned, m);
  expect(findInPlace(makePlan([turned, both], [both]), [null])).toEqual([]);
  const [a, b] = [op('Neg', m), op('Exp', m)];
  expect(findInPlace(makePlan([a, b], [a, b]), [null])).toEqual([]);
  const wide = new Node('Add', [m, leaf([2, 4, 4], 'float32')], [2, 4, 4], 'float32');
  expect(findInPlace(makePlan([wide], [wide]), [null, null])).toEqual([{ output: 0, leaves: [1] }]);
});

it('overwrites no constants', () => {
  const m = leaf(S, 'float32');
  const next = op('Neg', m);
  expect(findInPlace(makePlan([next], [next]), [new Float32Array(16)])).toEqual([]);
  expect(findInPlace(makePlan([next], [next]), [null])).toEqual([{ output: 0, leaves: [0] }]);
});
