import { concat, fill, mul, ones, slice, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Context } from '../contracts/context';
import { ConfigError, ShapeError } from '../errors';
import { key, normal, foldIn } from '../keys';
import type { Params } from '../params';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectClose, expectFixture, loadFixture } from '../testing/fixtures';
import { assertFiniteGradients, gradientsAt, weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { scaledDotProductAttention, type AttentionOptions } from './attention';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));
const training: Context = { training: true, key: key(0) };

interface Inputs extends Params {
  readonly query: Tensor4D;
  readonly key: Tensor4D;
  readonly value: Tensor4D;
}

function inputs(
  seed: number,
  [B, H, Nq, Nk, W]: readonly [number, number, number, number, number],
): Inputs {
  const draw = (name: string, tokens: number): Tensor4D =>
    normal<Rank.R4>(foldIn(key(seed), name), [B, H, tokens, W]);
  return { query: draw('query', Nq), key: draw('key', Nk), value: draw('value', Nk) };
}

const attend = (at: Params, options?: AttentionOptions): Tensor4D =>
  scaledDotProductAttention(
    at['query'] as Tensor4D,
    at['key'] as Tensor4D,
    at['value'] as Tensor4D,
    options,
  );

describe('scaledDotProductAttention', () => {
  it.each(['attention', 'attention masked'])("has PyTorch's values and gradients: %s", (name) => {
    tidy(() => {
      expectFixture(fixture.case(name), (_, { mask, ...qkv }) => ({
        y: attend(qkv, name === 'attention' ? {} : { mask: mask as Tensor2D }),
      }));
    });
  });

  it('has the gradient of finite differences under a mask', () => {
    tidy(() => {
      const mask = tensor2d([[1, 0, 1]]);
      assertGradientsMatch(
        (at) => weighedSum(key(2), [attend(at, { mask })]),
        { ...inputs(1, [1, 2, 2, 3, 4]) },
        key(3),
      );
    });
  });

  it('attends to the keys around when a window is given', () => {
    tidy(() => {
      const at = inputs(3, [1, 2, 5, 5, 4]);
      const near = { rtol: 1e-6, atol: 1e-6 };
      expectClose(attend(at, { window: 0 }), at.value, near, 'a window of 0');
      expectClose(attend(at, { window: 4 }), attend(at), near, 'a window over all keys');
      // The first two queries see keys 0 to 2; those from 3 on are changed.
      const part = (from: number, count: number): Tensor4D =>
        slice(at.value, [0, 0, from, 0], [1, 2, count, 4]);
      const value = concat([part(0, 3), mul(part(3, 2), 7)], 2);
      const firsts = [at, { ...at, value }].map((each) =>
        slice(attend(each, { window: 1 }), [0, 0, 0, 0], [1, 2, 2, 4]),
      );
      expectClose(firsts[1]!, firsts[0]!, near, 'what lies outside of the window');
      expect(() => attend(inputs(4, [1, 1, 2, 3, 2]), { window: 1 })).toThrow(ShapeError);
    });
  });

  it('is causal when asked: what comes later changes nothing, with and without a mask', () => {
    tidy(() => {
      const at = inputs(4, [2, 2, 4, 4, 3]);
      const mask = tensor2d([
        [1, 1, 1, 1],
        [1, 1, 0, 0],
      ]);
      for (const options of [{ causal: true }, { causal: true, mask }]) {
        const whole = attend({ ...at }, options);
        for (const count of [1, 2, 3]) {
          const first = (name: 'query' | 'key' | 'value'): Tensor4D =>
            slice(at[name], [0, 0, 0, 0], [2, 2, count, 3]);
          const part = attend(
            { query: first('query'), key: first('key'), value: first('value') },
            { ...options, ...('mask' in options && { mask: slice(mask, [0, 0], [2, count]) }) },
          );
          expectClose(slice(whole, [0, 0, 0, 0], [2, 2, count, 3]), part, {}, `${count} tokens`);
        }
      }
      assertGradientsMatch(
        (moved) => weighedSum(key(2), [attend(moved, { causal: true, mask })]),
        { ...at },
        key(3),
      );
      expect(() => attend({ ...inputs(4, [1, 1, 2, 3, 2]) }, { causal: true })).toThrow(
        /as many queries as keys.*3 queries.*2/,
      );
    });
  });

  it('gives a fully masked row zeros and zero gradients, and leaves its neighbours alone', () => {
    tidy(() => {
      const point = inputs(4, [2, 2, 3, 4, 5]);
      const mask = tensor2d([
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ]);
      const result = attend(point, { mask });
      expectClose(slice(result, [0], [1]), zeros([1, 2, 3, 5]), { rtol: 0, atol: 0 });
      expectClose(slice(result, [1], [1]), slice(attend(point), [1], [1]));
      const gradients = gradientsAt((at) => weighedSum(key(5), [attend(at, { mask })]), point);
      assertFiniteGradients('', gradients);
      for (const gradient of Object.values(gradients)) {
        const values = Array.from(gradient.dataSync());
        const half = values.length / 2;
        expect(values.slice(0, half).every((value) => value === 0)).toBe(true);
        expect(values.slice(half).some((value) => value !== 0)).toBe(true);
      }
    });
  });

  it('ignores what stands at masked keys, however large', () => {
    tidy(() => {
      const point = inputs(6, [1, 1, 2, 3, 4]);
      const extra = fill<Rank.R4>([1, 1, 1, 4], 1000);
      const longer = {
        query: point.query,
        key: concat([point.key, extra], 2),
        value: concat([point.value, extra], 2),
      };
      expectClose(attend(longer, { mask: tensor2d([[1, 1, 1, 0]]) }), attend(point), {
        rtol: 1e-6,
        atol: 1e-6,
      });
    });
  });

  it('stays finite with large scores', () => {
    tidy(() => {
      const point = inputs(7, [1, 1, 2, 3, 4]);
      const large = { ...point, query: mul<Tensor4D>(point.query, 1e4) };
      const result = attend(large).dataSync();
      expect(result.every((value) => Number.isFinite(value))).toBe(true);
    });
  });

  it('with one key gives its value to every query', () => {
    tidy(() => {
      const point = inputs(8, [1, 2, 3, 1, 4]);
      expectClose(attend(point), mul(point.value, ones([1, 2, 3, 4])));
    });
  });

  it('drops weights by key and path, and needs both', () => {
    tidy(() => {
      const point = inputs(9, [1, 1, 4, 4, 2]);
      const drop = (path: string): number[] =>
        Array.from(attend(point, { dropout: 0.5, ctx: training, path }).dataSync());
      expect(drop('a')).toEqual(drop('a'));
      expect(drop('a')).not.toEqual(drop('b'));
      expect(() => attend(point, { dropout: 0.5 })).toThrow(ConfigError);
    });
  });

  it('leaks nothing, and names the tensor that does not fit', () => {
    const point = inputs(10, [1, 1, 1, 2, 2]);
    const mask = tensor2d([[1, 0]]);
    assertNoLeak('attention', [mask, point.query, point.key, point.value], () => [
      attend(point, { mask }),
    ]);
    tidy(() => {
      expect(() => attend(point, { mask: ones([1, 3]) })).toThrow(ShapeError);
      expect(() => attend({ ...point, key: zeros([1, 1, 2, 3]) })).toThrow(/key/);
    });
  });
});
