import { tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { countedRows, meanOfCounted, negativesOf, negativeTerms } from './negatives';
import { hostValue } from '@crossweave/core';
import { valueOf } from './host-value.testing';
import { rightTextsOf } from './same';

const values = (x: { dataSync(): ArrayLike<number> }): number[] => Array.from(x.dataSync());

it('averages over the rows that count', () =>
  tidy(() => {
    const each = tensor1d([1, -1e9, 3]);
    expect(values(meanOfCounted(each, hostValue([true, false, true])))).toEqual([2]);
    expect(values(meanOfCounted(each, hostValue([false, false, false])))).toEqual([0]);
  }));

it("adds a row's own negatives after those of the batch", () =>
  tidy(() => {
    const right = rightTextsOf({ groups: ['a', 'a'] });
    expect(valueOf(countedRows(negativesOf(right, 2)))).toEqual([false, false]);
    const { mask, counts } = negativesOf(right, 2, 1);
    expect(values(mask)).toEqual([0, 0, 1, 0, 0, 1]);
    expect(valueOf(counts)).toEqual([1, 1]);
  }));

it('counts the rows whose own column is strictly above their negatives, of those that have some', () =>
  tidy(() => {
    const logits = tensor2d([3, 2, 9, 1, 1, 0, 0, 5, 1], [3, 3]);
    const terms = (mask: number[]): (number | undefined)[] => {
      const rows = [mask.slice(0, 3), mask.slice(3, 6), mask.slice(6)];
      const counts = rows.map((row) => row.reduce((a, b) => a + b));
      const found = negativeTerms(logits, {
        mask: tensor2d(mask, [3, 3]),
        counts: hostValue(counts),
      });
      expect('accuracy' in found).toBe(counts.some((count) => count > 0));
      return [found.negatives, found.accuracy].map((term) => term?.dataSync()[0]);
    };
    expect(terms([0, 1, 1, 1, 0, 1, 1, 1, 0])).toEqual([2, 0]);
    expect(terms([0, 1, 0, 1, 0, 1, 0, 0, 0])).toEqual([1, 0.5]);
    expect(terms([0, 0, 0, 0, 0, 1, 0, 0, 0])[1]).toBe(1);
    expect(terms([0, 0, 0, 0, 0, 0, 0, 0, 0])).toEqual([0, undefined]);
  }));
