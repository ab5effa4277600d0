import { ConfigError, NonFiniteError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { rerank } from './rerank';

const dual = Float64Array.from([9, 8, 7, 1, 1, 2, 3, 4]);

describe('rerank', () => {
  it('orders the first anew, above the rest', async () => {
    const out = await rerank(dual, 4, 2, (pairs) => {
      expect(pairs).toEqual([
        [0, 0],
        [0, 1],
        [1, 3],
        [1, 2],
      ]);
      return Promise.resolve(Float32Array.from([-50, -40, -30, -20]));
    });
    const order = (row: number) =>
      [0, 1, 2, 3].sort((i, j) => out[row * 4 + j]! - out[row * 4 + i]!);
    expect(order(0)).toEqual([1, 0, 2, 3]);
    expect(order(1)).toEqual([2, 3, 1, 0]);
  });

  it('refuses NaN, a top of 0 and sizes that disagree', async () => {
    const nan = () => Promise.resolve(new Float32Array(4).fill(Number.NaN));
    await expect(rerank(dual, 4, 2, nan)).rejects.toThrow(NonFiniteError);
    await expect(rerank(dual, 4, 0, nan)).rejects.toThrow(ConfigError);
    await expect(rerank(dual, 0, 2, nan)).rejects.toThrow(/"width"/);
    await expect(rerank(dual, 3, 2, nan)).rejects.toThrow(/rows of 3/);
    const few = () => Promise.resolve(new Float32Array(3));
    await expect(rerank(dual, 4, 2, few)).rejects.toThrow(/another number of scores/);
  });
});
