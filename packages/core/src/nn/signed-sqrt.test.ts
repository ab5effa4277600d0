import { grad, memory, mul, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { key, normal } from '../keys';
import { isClose } from '../testing/closeness';
import { assertGradientsMatch } from '../testing/finite-differences';
import { weighedSum } from '../testing/gradients';
import { signedSqrt } from './signed-sqrt';

function slopes(values: readonly number[], epsilon?: number): number[] {
  return tidy(() => [
    ...grad((x) => signedSqrt(x, epsilon))(tensor1d([...values])).dataSync<'float32'>(),
  ]);
}

describe('signedSqrt', () => {
  it('has the gradient of finite differences', () => {
    tidy(() => {
      const far = normal(key(1), [3, 4]);
      // Away from 0, where a step of 1e-2 would cross the kink.
      const x = mul(far, 10);
      assertGradientsMatch((point) => weighedSum(key(2), [signedSqrt(point['x']!)]), { x }, key(3));
    });
  });

  it('is odd, exact at 0 and finite at the ends of float32', () => {
    const values = [0, -0, 4, -4, 3e38, -3e38, 1e-38, -1e-38];
    const roots = tidy(() => [...signedSqrt(tensor1d(values)).dataSync()]);
    const expected = [0, 0, 2, -2, Math.sqrt(3e38), -Math.sqrt(3e38), 1e-19, -1e-19];
    roots.forEach((root, i) => {
      expect(isClose(root, expected[i]!, { rtol: 1e-6, atol: 0 })).toBe(true);
    });
  });

  it('has the exact slope from epsilon up, and a bounded one that vanishes at 0 below', () => {
    const [atTen, atEpsilon, below, tiny, denormal, zero] = slopes([
      10, -1e-8, 1e-10, -1e-30, 1e-42, 0,
    ]);
    expect(isClose(atTen!, 0.5 / Math.sqrt(10), { rtol: 1e-6, atol: 0 })).toBe(true);
    expect(isClose(atEpsilon!, 5000, { rtol: 1e-5, atol: 0 })).toBe(true);
    expect(isClose(below!, Math.sqrt(1e-10) / 2e-8, { rtol: 1e-5, atol: 0 })).toBe(true);
    for (const slope of [tiny!, denormal!]) {
      expect(slope).toBeGreaterThanOrEqual(0);
      expect(slope).toBeLessThan(1e-6);
    }
    expect(zero).toBe(0);
    expect(slopes([0, -0, 3e38, -3e38]).every((slope) => slope >= 0 && slope < 1e-18)).toBe(true);
    expect(slopes([1e-4, 1e-6], 1e-4)[0]).toBeCloseTo(50, 3);
    expect(slopes([1e-4, 1e-6], 1e-4)[1]).toBeCloseTo(5, 3);
  });

  it('leaks nothing', () => {
    const x = normal(key(0), [3, 4]);
    const before = memory().numTensors;
    signedSqrt(x).dispose();
    expect(memory().numTensors).toBe(before);
    x.dispose();
  });
});
