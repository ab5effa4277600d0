import {
  gather,
  ones,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inference } from '../contracts/context';
import { ConfigError, ShapeError } from '../errors';
import { key, normal } from '../keys';
import { valuesOf } from '../testing/compare';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectClose, expectFixture, loadFixture } from '../testing/fixtures';
import { gradientsAt, weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { initMultiHeadAttention, multiHeadAttention } from './multi-head-attention';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));
const ctx = inference;

function attend(
  params: Readonly<Record<string, Tensor>>,
  tensors: Readonly<Record<string, Tensor>>,
  path = 'layer',
  heads = 2,
): Tensor3D {
  return multiHeadAttention(params, path, {
    query: tensors['query'] as Tensor3D,
    context: tensors['context'] as Tensor3D | undefined,
    mask: tensors['mask'] as Tensor2D | undefined,
    heads,
    ctx,
  });
}

describe('multiHeadAttention', () => {
  it.each(['self', 'cross', 'cross width'])("has PyTorch's values and gradients: %s", (name) => {
    tidy(() => {
      expectFixture(fixture.case(`multi-head ${name} attention`), (params, tensors) => ({
        y: attend(params, tensors),
      }));
    });
  });

  it('is the same whether the query is its context or a copy of it is', () => {
    tidy(() => {
      const params = initMultiHeadAttention(key(0), 'a', { dim: 4 });
      const query = normal(key(1), [2, 3, 4]);
      expectClose(
        attend(params, { query, context: query.clone() }, 'a'),
        attend(params, { query }, 'a'),
      );
    });
  });

  it('lets rows share a context, in values and gradients', () => {
    tidy(() => {
      const params = initMultiHeadAttention(key(0), 'a', { dim: 4, contextDim: 3 });
      const query = normal(key(1), [6, 2, 4]);
      const context = normal(key(2), [2, 3, 3]);
      const mask = tensor2d([1, 1, 0, 0, 1, 1], [2, 3]);
      const each = tensor1d([0, 0, 0, 1, 1, 1], 'int32');
      const shared = (at: Readonly<Record<string, Tensor>>): Tensor3D =>
        attend(at, { ...at, mask }, 'a');
      const copied = (at: Readonly<Record<string, Tensor>>): Tensor3D =>
        attend(at, { ...at, context: gather(at['context']!, each), mask: gather(mask, each) }, 'a');
      const point = { ...params, query, context };
      expectClose(shared(point), copied(point));
      const [own, expected] = [shared, copied].map((apply) =>
        gradientsAt((at) => weighedSum(key(3), [apply(at)]), point),
      );
      for (const [path, gradient] of Object.entries(expected!)) {
        expectClose(own![path]!, gradient, {}, path);
      }
    });
  });

  it('has the gradient of finite differences', () => {
    tidy(() => {
      const params = initMultiHeadAttention(key(0), 'a', { dim: 4, contextDim: 3 });
      const point = {
        ...params,
        query: normal(key(1), [1, 2, 4]),
        context: normal(key(2), [1, 3, 3]),
      };
      assertGradientsMatch((at) => weighedSum(key(3), [attend(at, at, 'a')]), point, key(4));
    });
  });

  it.each([
    ['one sample of one token', [1, 1, 4], 1],
    ['as many heads as columns', [2, 3, 4], 4],
  ] as const)('handles %s and leaks nothing', (_, shape, heads) => {
    const params = initMultiHeadAttention(key(0), 'a', { dim: 4 });
    const query = normal(key(1), [...shape]);
    const mask = ones([shape[0], shape[1]]);
    assertNoLeak('self attention', [query, mask, ...Object.values(params)], () => {
      const result = attend(params, { query, mask }, 'a', heads);
      expect(result.shape).toEqual(shape);
      return [result];
    });
  });

  it('gives the output bias where everything is masked', () => {
    tidy(() => {
      const params = {
        ...initMultiHeadAttention(key(0), 'a', { dim: 2 }),
        'a.out_proj.bias': tensor1d([3, 4]),
      };
      const query = normal(key(1), [1, 1, 2]);
      expect(Array.from(attend(params, { query, mask: zeros([1, 1]) }, 'a').dataSync())).toEqual([
        3, 4,
      ]);
    });
  });

  it('refuses heads that do not divide the width, and another width', () => {
    tidy(() => {
      const params = initMultiHeadAttention(key(0), 'a', { dim: 4 });
      const query = zeros([1, 2, 4]);
      for (const heads of [3, 0, 1.5, NaN]) {
        expect(() => attend(params, { query }, 'a', heads)).toThrow(ConfigError);
      }
      expect(() => attend(params, { query: zeros([1, 2, 6]) }, 'a')).toThrow(ShapeError);
      expect(() => attend(params, { query, context: zeros([2, 2, 4]) }, 'a')).toThrow(ShapeError);
      expect(() => attend(params, { query, mask: ones([1, 3]) }, 'a')).toThrow(ShapeError);
    });
  });
});

describe('initMultiHeadAttention', () => {
  it("has torch.nn.MultiheadAttention's names, bounds and zero biases", () => {
    tidy(() => {
      const shared = initMultiHeadAttention(key(0), 'a', { dim: 48 });
      expect(Object.keys(shared).sort()).toEqual([
        'a.in_proj_bias',
        'a.in_proj_weight',
        'a.out_proj.bias',
        'a.out_proj.weight',
      ]);
      const largest = (path: string, params = shared): number =>
        valuesOf(params[path]!).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest('a.in_proj_weight')).toBeCloseTo(Math.sqrt(6 / (4 * 48)), 3);
      expect(largest('a.out_proj.weight')).toBeCloseTo(1 / Math.sqrt(48), 2);
      expect(largest('a.in_proj_bias')).toBe(0);
      expect(largest('a.out_proj.bias')).toBe(0);

      const own = initMultiHeadAttention(key(0), 'a', { dim: 48, contextDim: 16 });
      expect(own['a.q_proj_weight']!.shape).toEqual([48, 48]);
      expect(own['a.k_proj_weight']!.shape).toEqual([48, 16]);
      expect(own['a.v_proj_weight']!.shape).toEqual([48, 16]);
      expect(largest('a.k_proj_weight', own)).toBeCloseTo(Math.sqrt(6 / 64), 2);
    });
  });
});
