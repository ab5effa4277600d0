import { ConfigError, NonFiniteError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { rerank } from './rerank';

const dual = Float64Array.from([9, 8, 7, 1, 1, 2, 3, 4]);

describe('rerank', () => {
  it('orders the first anew, above the rest', async () => {
    const out = await rerank(dual, { width: 4, top: 2, by: 'sum' }, (pairs) => {
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

  it('orders by the new score alone when it is asked to', async () => {
    const tie = () => Promise.resolve(Float32Array.from([5, 5.5, 5, 5.5]));
    const by = async (by: 'sum' | 'own') => {
      const out = await rerank(dual, { width: 4, top: 2, by }, tie);
      return out[0]! > out[1]!;
    };
    // 9 + 5 against 8 + 5.5, and 5 against 5.5.
    expect([await by('sum'), await by('own')]).toEqual([true, false]);
  });

  it('refuses NaN, a top of 0 and sizes that disagree', async () => {
    const nan = () => Promise.resolve(new Float32Array(4).fill(Number.NaN));
    await expect(rerank(dual, { width: 4, top: 2, by: 'sum' }, nan)).rejects.toThrow(
      NonFiniteError,
    );
    await expect(rerank(dual, { width: 4, top: 0, by: 'sum' }, nan)).rejects.toThrow(ConfigError);
    await expect(rerank(dual, { width: 0, top: 2, by: 'sum' }, nan)).rejects.toThrow(/"width"/);
    await expect(rerank(dual, { width: 3, top: 2, by: 'sum' }, nan)).rejects.toThrow(/rows of 3/);
    const few = () => Promise.resolve(new Float32Array(3));
    await expect(rerank(dual, { width: 4, top: 2, by: 'sum' }, few)).rejects.toThrow(
      /another number of scores/,
    );
  });
});
