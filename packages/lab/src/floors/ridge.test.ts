import { key, normalArray } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { ridge } from './ridge';

describe('ridge', () => {
  it('finds the weights of a linear relation, and shrinks them with the penalty', () => {
    const x = Float64Array.from(normalArray(key(1), 50 * 3));
    const truth = [2, -1, 0.5, 0, 3, 1];
    const y = Float64Array.from({ length: 50 * 2 }, (_, i) => {
      const [n, k] = [Math.floor(i / 2), i % 2];
      return [0, 1, 2].reduce((sum, d) => sum + x[n * 3 + d]! * truth[d * 2 + k]!, 0);
    });
    const exact = ridge(x, y, 3, 2, 1e-9);
    truth.forEach((value, i) => expect(exact[i]).toBeCloseTo(value, 6));
    const shrunk = ridge(x, y, 3, 2, 1e3);
    const norm = (w: ArrayLike<number>) => Math.hypot(...Array.from(w));
    expect(norm(shrunk)).toBeLessThan(0.2 * norm(truth));
  });

  it('satisfies the normal equations', () => {
    // X = [1; 2], y = [1; 1], penalty 1: w = 3 / (5 + 1).
    expect(ridge(Float64Array.of(1, 2), Float64Array.of(1, 1), 1, 1, 1)[0]).toBeCloseTo(0.5, 12);
  });
});
