import { onesLike, reverse, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { ShapeError, inference, key } from '@crossweave/core';
import { expectClose, sampleFeatures } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { attentionPooling, initAttentionPooling } from './attention-pooling';

const spec = { dim: 4, tokens: 3 };
const options = { queries: 2, heads: 2, positions: true, maxTokens: 5 };
const pool = (given: Record<string, Tensor>, tokens = 3) =>
  attentionPooling(
    given,
    'pooling',
    'text',
    sampleFeatures(key(2), { dim: 4, tokens }, { batch: 2 }),
    options,
    inference,
  );

describe('attentionPooling', () => {
  it('gives the queries side by side, and tells places apart only by its positions', () =>
    tidy(() => {
      const params = initAttentionPooling(key(1), 'pooling', spec, options);
      expect(pool(params).shape).toEqual([2, 8]);
      const sample = sampleFeatures(key(2), spec, { batch: 2 });
      const features = { ...sample, mask: onesLike(sample.mask) };
      const reversed = { ...features, tokens: reverse(features.tokens, 1) };
      const run = (given: typeof params, input: typeof features) =>
        attentionPooling(given, 'pooling', 'image', input, options, inference);
      const placeless = { ...params, 'pooling.position_embeddings.weight': zeros([3, 4]) };
      expectClose(run(placeless, reversed), run(placeless, features));
      expect(() => expectClose(run(params, reversed), run(params, features))).toThrow();
    }));

  it('has a row of positions per token, or maxTokens rows where their number varies', () =>
    tidy(() => {
      const rows = (tokens: number | 'varies') =>
        initAttentionPooling(key(1), 'p', { dim: 4, tokens }, options)[
          'p.position_embeddings.weight'
        ]!.shape;
      expect(rows(3)).toEqual([3, 4]);
      expect(rows('varies')).toEqual([5, 4]);
    }));

  it('refuses more tokens than positions', () =>
    tidy(() => {
      const params = initAttentionPooling(key(1), 'pooling', spec, options);
      expect(() => pool(params, 4)).toThrow(ShapeError);
    }));
});
