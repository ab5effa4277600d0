import { tensor1d, tensor2d, tensor3d, tidy } from '@tensorflow/tfjs-core';
import type { Features, ModelOutputs, PooledFeatures } from '@crossweave/core';
import { expect, it } from 'vitest';
import { joinRows, negativesPerPair, repeatRows, takeRows } from './rows';

const pair = (): Features => ({
  tokens: tensor3d([1, 2, 3, 4], [2, 2, 1]),
  mask: tensor2d([1, 1, 1, 0], [2, 2]),
  pooled: tensor2d([5, 6], [2, 1]),
});

it('takes and repeats rows of all parts alike', () =>
  tidy(() => {
    const taken = takeRows(pair(), tensor1d([1, 1, 0], 'int32'));
    expect([...taken.pooled.dataSync()]).toEqual([6, 6, 5]);
    expect([...taken.mask.dataSync()]).toEqual([1, 0, 1, 0, 1, 1]);
    const repeated = repeatRows(pair(), 2);
    expect([...repeated.pooled.dataSync()]).toEqual([5, 5, 6, 6]);
    expect([...repeated.tokens.dataSync()]).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  }));

it('joins sequences of different lengths by masked padding', () =>
  tidy(() => {
    const short: Features = {
      tokens: tensor3d([9], [1, 1, 1]),
      mask: tensor2d([1], [1, 1]),
      pooled: tensor2d([7], [1, 1]),
    };
    const joined = joinRows([pair(), short]);
    expect([...joined.tokens.dataSync()]).toEqual([1, 2, 3, 4, 9, 0]);
    expect([...joined.mask.dataSync()]).toEqual([1, 1, 1, 0, 1, 0]);
    expect([...joined.pooled.dataSync()]).toEqual([5, 6, 7]);
  }));

it('carries which rows are missing, and summaries without tokens', () =>
  tidy(() => {
    const whole: PooledFeatures = { pooled: tensor2d([[1], [2]]) };
    const partial: PooledFeatures = { pooled: tensor2d([[3], [4]]), present: tensor1d([0, 1]) };
    const joined = joinRows([whole, partial]);
    expect(Object.keys(joined).sort()).toEqual(['pooled', 'present']);
    expect([...joined.present!.dataSync()]).toEqual([1, 1, 0, 1]);
    expect('present' in joinRows([whole, whole])).toBe(false);
    expect([...repeatRows(partial, 2).present!.dataSync()]).toEqual([0, 0, 1, 1]);
    const taken = takeRows(partial, tensor1d([1, 0, 1], 'int32'));
    expect([...taken.present!.dataSync()]).toEqual([1, 0, 1]);
  }));

it('counts the hard negatives of a pair, and refuses a count that does not divide', () =>
  tidy(() => {
    const batch = { size: 2, ids: [], groups: [], image: undefined, text: undefined };
    const outputs = (negatives?: Features): ModelOutputs =>
      ({ ...(negatives && { negatives }) }) as unknown as ModelOutputs;
    expect(negativesPerPair('t', outputs(), batch)).toBe(0);
    expect(negativesPerPair('t', outputs(pair()), batch)).toBe(1);
    expect(negativesPerPair('t', outputs(repeatRows(pair(), 3)), batch)).toBe(3);
    expect(() => negativesPerPair('t', outputs(pair()), { ...batch, size: 3 })).toThrow(/B = 3/);
  }));
