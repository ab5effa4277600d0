import { cast, ones, tensor1d, tensor2d, tensor3d, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, ShapeError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { rowFromBytes, rowToBytes } from './row-bytes';
import { FeatureTable } from './table';

describe('FeatureTable', () => {
  it('keeps rows of different lengths and a hole in a mask', async () => {
    const table = new FeatureTable(1);
    await table.append(
      {
        tokens: tensor3d([
          [[1], [2], [3]],
          [[4], [5], [6]],
        ]),
        mask: tensor2d([
          [1, 0, 1],
          [1, 0, 0],
        ]),
        pooled: tensor2d([[7], [8]]),
      },
      2,
    );
    const { tokens, mask, pooled } = table.gather([1, 0, 1]);
    expect(tokens.arraySync()).toEqual([
      [[4], [0], [0]],
      [[1], [2], [3]],
      [[4], [0], [0]],
    ]);
    expect(mask.arraySync()).toEqual([
      [1, 0, 0],
      [1, 0, 1],
      [1, 0, 0],
    ]);
    expect(pooled.arraySync()).toEqual([[8], [7], [8]]);
    expect(table.bytes).toBe(4 * (3 + 3 + 1 + 1 + 1 + 1));
  });

  it.each(['int32', 'bool'] as const)('keeps a mask that was cast from %s', async (type) => {
    const table = new FeatureTable(1);
    const mask = cast<Tensor2D>(tensor2d([1, 1, 0], [1, 3], type), 'float32');
    const tokens = tensor3d([[[1], [2], [3]]]);
    await table.append({ tokens, mask, pooled: tensor2d([[7]]) }, 1);
    // As a store keeps it.
    const { mask: kept } = rowFromBytes(rowToBytes(table.row(0)))!;
    expect([...kept]).toEqual([1, 1]);
  });

  it('keeps which rows are missing, and summaries without tokens', async () => {
    const table = new FeatureTable(1);
    await table.append({ pooled: tensor2d([[1], [2]]) }, 2);
    expect(Object.keys(table.gather([0]))).toEqual(['pooled']);
    expect(table.spec).toEqual({ dim: 1, tokens: 0 });
    await table.append({ pooled: tensor2d([[3], [4]]), present: tensor1d([0, 1]) }, 2);
    const { pooled, present } = table.gather([3, 2, 0]);
    expect(pooled.arraySync()).toEqual([[4], [3], [1]]);
    expect(present!.arraySync()).toEqual([1, 0, 1]);
  });

  it('refuses another width and a row that is not there', async () => {
    const table = new FeatureTable(2);
    const wide = { tokens: ones([1, 1, 3]), mask: ones([1, 1]), pooled: ones([1, 3]) } as never;
    await expect(table.append(wide, 1)).rejects.toThrow(ShapeError);
    const two = { pooled: ones([2, 2]) } as never;
    await expect(table.append(two, 3)).rejects.toThrow(/"count"/);
    expect(() => table.gather([0])).toThrow(ConfigError);
  });
});
