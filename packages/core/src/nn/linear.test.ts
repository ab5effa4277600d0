import { tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../engine';
import { ShapeError, StateDictError } from '../errors';
import { key, normal } from '../keys';
import { firstDifference } from '../testing/closeness';
import { valuesOf } from '../testing/compare';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { initLinear, linear } from './linear';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));

describe('initLinear', () => {
  it('draws weight and bias from U(±1/√in), each from a key of its own', () => {
    tidy(() => {
      const params = initLinear(key(0), 'fc', { in: 100, out: 200 });
      expect(params['fc.weight']!.shape).toEqual([200, 100]);
      expect(params['fc.bias']!.shape).toEqual([200]);
      for (const value of Object.values(params)) {
        const numbers = valuesOf(value);
        const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
        expect(largest).toBeLessThanOrEqual(0.1);
        expect(largest).toBeGreaterThan(0.097);
      }
      const weights = valuesOf(params['fc.weight']!);
      expect(weights.reduce((total, w) => total + w * w, 0) / weights.length).toBeCloseTo(
        0.01 / 3,
        4,
      );
      expect(weights[0]).not.toBe(params['fc.bias']!.dataSync()[0]);
    });
  });

  it('draws weights of the deviation asked for, with a bias of zeros or none', () => {
    tidy(() => {
      const options = { in: 100, out: 200, standardDeviation: 0.02 };
      const params = initLinear(key(0), 'fc', options);
      const weights = valuesOf(params['fc.weight']!);
      const squares = weights.reduce((total, w) => total + w * w, 0) / weights.length;
      expect(Math.sqrt(squares) / 0.02).toBeCloseTo(1, 1);
      expect(new Set(valuesOf(params['fc.bias']!))).toEqual(new Set([0]));
      const bare = initLinear(key(0), 'fc', { ...options, bias: false });
      expect(Object.keys(bare)).toEqual(['fc.weight']);
    });
  });

  it('gives paths keys of their own, and the same numbers for the same key', () => {
    tidy(() => {
      const draw = (seed: number, path: string): number =>
        initLinear(key(seed), path, { in: 2, out: 2 })[`${path}.weight`]!.dataSync()[0]!;
      expect(draw(0, 'a')).toBe(draw(0, 'a'));
      expect(draw(0, 'a')).not.toBe(draw(0, 'b'));
      expect(draw(0, 'a')).not.toBe(draw(1, 'a'));
    });
  });

  it('leaves the bias out on demand', () => {
    tidy(() => {
      const params = initLinear(key(0), 'fc', { in: 2, out: 3, bias: false });
      expect(Object.keys(params)).toEqual(['fc.weight']);
    });
  });
});

describe('linear', () => {
  it.each(['linear', 'linear without bias'])("has PyTorch's values and gradients: %s", (name) => {
    tidy(() => {
      expectFixture(fixture.case(name), (params, { x }) => ({ y: linear(params, 'layer', x!) }));
    });
  });

  it('has the gradient of finite differences', () => {
    tidy(() => {
      const point = {
        ...initLinear(key(0), 'fc', { in: 3, out: 2 }),
        x: normal(key(1), [2, 2, 3]),
      };
      assertGradientsMatch(
        (at) => weighedSum(key(2), [linear<Tensor>(at, 'fc', at['x']!)]),
        point,
        key(3),
      );
    });
  });

  it.each([[[3]], [[1, 3]], [[1, 1, 3]], [[2, 1, 2, 3]]])('maps the last axis of %j', (shape) => {
    const params = initLinear(key(0), 'fc', { in: 3, out: 2 });
    const x = normal(key(1), shape as [number, number]);
    assertNoLeak('linear', [x, ...Object.values(params)], () => {
      const y = linear<Tensor>(params, 'fc', x);
      expect(y.shape).toEqual([...shape.slice(0, -1), 2]);
      return [y];
    });
  });

  it('says which layer does not fit, and which parameter is missing', () => {
    tidy(() => {
      const params = initLinear(key(0), 'fc', { in: 3, out: 2 });
      expect(() => linear(params, 'fc', zeros([2, 4]))).toThrow(ShapeError);
      expect(() => linear(params, 'fc', zeros([2, 4]))).toThrow(/fc: .*\[\.\.\., 3\].*\[2, 4\]/);
      expect(() => linear(params, 'fd', zeros([2, 3]))).toThrow(StateDictError);
    });
  });
});

it.each(['wasm', 'onnx'])('has the same values on %s', async (engine) => {
  const run = (): Float32Array =>
    tidy(() => {
      const params = initLinear(key(3), 'fc', { in: 5, out: 7 });
      return linear(params, 'fc', normal(key(4), [3, 5])).dataSync<'float32'>();
    });
  const expected = run();
  await useEngine(engine);
  try {
    expect(firstDifference(run(), expected, { rtol: 1e-5, atol: 1e-6 })).toBe(-1);
  } finally {
    await useEngine('cpu');
  }
});
