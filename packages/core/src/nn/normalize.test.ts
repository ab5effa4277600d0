import { memory, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { key, normal } from '../keys';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { gradientsAt, weighedSum } from '../testing/gradients';
import { normalize } from './normalize';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));

describe('normalize', () => {
  it("has PyTorch's values and gradients", () => {
    tidy(() => {
      expectFixture(fixture.case('normalize'), (_, { x }) => ({ y: normalize(x!) }), {
        rtol: 1e-5,
        atol: 1e-6,
      });
    });
  });

  it('has the gradient of finite differences', () => {
    tidy(() => {
      const x = normal(key(1), [3, 4]);
      assertGradientsMatch((point) => weighedSum(key(2), [normalize(point['x']!)]), { x }, key(3));
    });
  });

  it('gives a zero row and a zero gradient for a zero row, and leaves the others alone', () => {
    tidy(() => {
      const x = tensor2d([
        [0, 0],
        [3, 4],
      ]);
      const result = Array.from(normalize(x).dataSync());
      expect(result.slice(0, 2)).toEqual([0, 0]);
      expect(result[2]).toBeCloseTo(0.6, 6);
      expect(result[3]).toBeCloseTo(0.8, 6);
      const { x: gradient } = gradientsAt((point) => sum(normalize(point['x']!)), { x });
      const [a, b, c, d] = gradient!.dataSync();
      expect([a, b]).toEqual([0, 0]);
      // d(sum)/dx = (1 − y·Σy) / ‖x‖ with y = (0.6, 0.8)
      expect(c).toBeCloseTo((1 - 0.6 * 1.4) / 5, 6);
      expect(d).toBeCloseTo((1 - 0.8 * 1.4) / 5, 6);
    });
  });

  it('normalises very short and very long rows', () => {
    tidy(() => {
      const result = normalize(
        tensor2d([
          [3e-10, 4e-10],
          [3e15, 4e15],
        ]),
      ).dataSync();
      for (const [i, expected] of [0.6, 0.8, 0.6, 0.8].entries()) {
        expect(result[i]).toBeCloseTo(expected, 4);
      }
    });
  });

  it('leaks nothing', () => {
    const x = normal(key(0), [3, 4]);
    const before = memory().numTensors;
    normalize(x).dispose();
    expect(memory().numTensors).toBe(before);
    x.dispose();
  });
});
