import { describe, expect, it } from 'vitest';
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
