import { describe, expect, it } from 'vitest';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { optimise } from './optimise';
import { rules } from './rules';
import { mergedTranspose } from './transpose';

describe('mergedTranspose', () => {
  it.each([
    ['keeps what cannot be merged', [2, 3, 4], [2, 1, 0], [2, 3, 4], [2, 1, 0]],
    ['merges neighbours that stay neighbours', [3, 5, 7, 9], [2, 3, 0, 1], [15, 63], [1, 0]],
    ['leaves out axes of length 1', [1, 1, 6, 8], [3, 2, 0, 1], [6, 8], [1, 0]],
    ['merges over an axis of length 1 between', [4, 1, 5, 6], [3, 0, 2, 1], [20, 6], [1, 0]],
    ['merges none that turn round', [4, 5, 6], [1, 0, 2], [4, 5, 6], [1, 0, 2]],
    ['images to channels last', [8, 16, 7, 7], [0, 2, 3, 1], [8, 16, 49], [0, 2, 1]],
    ['nothing moves', [2, 1, 3], [1, 0, 2], [6], [0]],
  ])('%s', (_, shape, perm, mergedShape, mergedPerm) => {
    expect(mergedTranspose(shape, perm)).toEqual({ shape: mergedShape, perm: mergedPerm });
  });
});

describe('fewestAxes', () => {
  it.each([
    [
      [4, 3, 3, 8],
      [3, 0, 1, 2],
      ['Reshape', 'Transpose', 'Reshape'],
    ],
    [[4, 5, 6], [2, 1, 0], ['Transpose']],
  ])('has %o turned by %o in %o', (shape, perm, ops) => {
    const x = leaf(shape, 'float32');
    const turned = perm.map((axis) => shape[axis] as number);
    const node = new Node('Transpose', [x], turned, 'float32', { perm });
    const { nodes, outputs } = optimise(makePlan([node], [node]), [], rules);
    expect(nodes.map(({ op }) => op)).toEqual(ops);
    expect(outputs[0]?.shape).toEqual(turned);
  });
});
