import { Node, leaf, makePlan } from '@crossweave/tfjs-backend-onnx/graph';
import { expect, it } from 'vitest';
import { guardIndices } from './guard-indices';

const x = leaf([3, 2], 'float32');
const indices = leaf([4], 'int32');
const gather = new Node('Gather', [x, indices], [4, 2], 'float32', { axis: 0 });
const plan = makePlan([gather], [gather]);

it('adds one flag for each list of indices that only the run knows', () => {
  const { plan: guarded, refusals } = guardIndices(plan, [null, null]);
  expect(refusals).toEqual(['Gather: an index is outside of [3]']);
  expect(guarded.leaves).toEqual(plan.leaves);
  expect(guarded.outputs).toHaveLength(2);
  expect(guarded.outputs[1]).toMatchObject({ op: 'Concat', shape: [1], dtype: 'int32' });
  expect(guarded.outputs[0]?.inputs[1]).toMatchObject({ op: 'Min', dtype: 'int32' });
  guarded.nodes.forEach((node, i) => {
    expect(guarded.places.get(node)).toBe(i);
    for (const input of node.inputs) expect(guarded.places.get(input)!).toBeLessThan(i);
  });
});

it('leaves indices alone that are constants inside of the axis, and no others', () => {
  expect(guardIndices(plan, [null, Int32Array.of(0, 2, 1, 0)]).plan).toBe(plan);
  expect(guardIndices(plan, [null, Int32Array.of(0, 3, 1, 0)]).refusals).toHaveLength(1);
  expect(guardIndices(plan, [null, Int32Array.of(0, -1, 1, 0)]).refusals).toHaveLength(1);
});
