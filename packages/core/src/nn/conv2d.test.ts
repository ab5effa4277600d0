import { tidy, zeros, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { key, normal } from '../keys';
import { valuesOf } from '../testing/compare';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { conv2d, initConv2d } from './conv2d';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));
const cases = fixture.names.filter((name) => name.startsWith('conv2d'));

describe('conv2d', () => {
  it.each(cases)("has PyTorch's values and gradients: %s", (name) => {
    tidy(() => {
      const reference = fixture.case(name);
      expectFixture(reference, (params, { x }) => ({
        y: conv2d(params, 'layer', x as Tensor4D, reference.options),
      }));
    });
  });

  it.each([
    [1, {}],
    [3, { stride: 2, padding: 1 }],
  ])('has the gradient of finite differences with kernel %d and %j', (kernel, options) => {
    tidy(() => {
      const params = initConv2d(key(0), 'conv', { in: 2, out: 3, kernel, bias: true });
      assertGradientsMatch(
        (at) => weighedSum(key(2), [conv2d(at, 'conv', at['x'] as Tensor4D, options)]),
        { ...params, x: normal(key(1), [1, 5, 4, 2]) },
        key(3),
      );
    });
  });

  it.each([1, 3])('leaks nothing with kernel %d', (kernel) => {
    const params = initConv2d(key(0), 'conv', { in: 2, out: 3, kernel, bias: true });
    const x = normal<Rank.R4>(key(1), [1, 3, 3, 2]);
    assertNoLeak('conv2d', [x, ...Object.values(params)], () => [conv2d(params, 'conv', x)]);
  });

  it('refuses other channels', () => {
    tidy(() => {
      const params = initConv2d(key(0), 'conv', { in: 2, out: 3, kernel: 3 });
      expect(() => conv2d(params, 'conv', zeros([1, 4, 4, 3]))).toThrow(ShapeError);
    });
  });
});

describe('initConv2d', () => {
  it('draws weight and bias from U(±1/√(in·kh·kw))', () => {
    tidy(() => {
      const params = initConv2d(key(0), 'conv', { in: 16, out: 32, kernel: 5, bias: true });
      expect(params['conv.weight']!.shape).toEqual([32, 16, 5, 5]);
      for (const value of Object.values(params)) {
        const most = valuesOf(value).reduce((so, number) => Math.max(so, Math.abs(number)), 0);
        expect(most).toBeLessThanOrEqual(0.05 * (1 + 1e-6));
        expect(most).toBeGreaterThan(0.045);
      }
      expect(Object.keys(initConv2d(key(0), 'c', { in: 1, out: 1, kernel: 1 }))).toEqual([
        'c.weight',
      ]);
    });
  });
});
