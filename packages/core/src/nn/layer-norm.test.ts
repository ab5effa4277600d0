import { tensor2d, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { key, normal } from '../keys';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { gradientsAt, nudged, weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { initLayerNorm, layerNorm } from './layer-norm';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));

describe('layerNorm', () => {
  it.each([
    ['layer norm 1e-05', undefined],
    ['layer norm 1e-12', 1e-12],
  ])("has PyTorch's values and gradients: %s", (name, epsilon) => {
    tidy(() => {
      expectFixture(fixture.case(name), (params, { x }) => ({
        y: layerNorm(params, 'layer', x!, epsilon),
      }));
    });
  });

  it('has the gradient of finite differences', () => {
    tidy(() => {
      const params = nudged(key(0), initLayerNorm('norm', 4));
      assertGradientsMatch(
        (at) => weighedSum(key(2), [layerNorm<Tensor>(at, 'norm', at['x']!)]),
        { ...params, x: normal(key(1), [2, 3, 4]) },
        key(3),
      );
    });
  });

  it('is finite on a constant row, gradients included', () => {
    tidy(() => {
      const params = initLayerNorm('norm', 3);
      const x = tensor2d([
        [5, 5, 5],
        [0, 0, 0],
      ]);
      expect(Array.from(layerNorm(params, 'norm', x).dataSync())).toEqual([0, 0, 0, 0, 0, 0]);
      const gradients = gradientsAt(
        (at) => weighedSum(key(0), [layerNorm<Tensor>(params, 'norm', at['x']!)]),
        { x },
      );
      expect(gradients['x']!.dataSync().every((value) => Number.isFinite(value))).toBe(true);
    });
  });

  it('leaks nothing', () => {
    const params = initLayerNorm('norm', 3);
    const x = normal(key(0), [1, 1, 3]);
    assertNoLeak('layerNorm', [x, ...Object.values(params)], () => [layerNorm(params, 'norm', x)]);
  });

  it('refuses another width', () => {
    tidy(() => {
      expect(() => layerNorm(initLayerNorm('norm', 3), 'norm', zeros([2, 4]))).toThrow(ShapeError);
    });
  });
});
