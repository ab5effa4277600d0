import { add, mul, tidy } from '@tensorflow/tfjs-core';
import { inference, key, type Params } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { multiplicative } from './multiplicative';

const runner = { describe, it };
testFusion(() => multiplicative({ dim: 5, dropout: 0.2 }), runner);
testFusion(() => multiplicative({ dim: 5, form: 'matrix', modulator: 'text' }), runner);
testFusion(() => multiplicative({ dim: 5, form: 'scalar' }), runner);

describe('multiplicative', () => {
  const image = { dim: 6, tokens: 3 };
  const text = { dim: 4, tokens: 3 };
  const shapes = (params: Params) =>
    Object.fromEntries(Object.entries(params).map(([path, { shape }]) => [path, shape]));

  it('generates a matrix, its diagonal or one number', () =>
    tidy(() => {
      const of = (form: 'matrix' | 'vector' | 'scalar', modulator: 'image' | 'text') =>
        shapes(multiplicative({ dim: 5, form, modulator }).init(key(1), image, text));
      const head = { 'match_head.weight': [1, 5], 'match_head.bias': [1] };
      const hyper = (weight: number, bias: number, from: number) => ({
        'hyper_weight.weight': [weight, from],
        'hyper_weight.bias': [weight],
        'hyper_bias.weight': [bias, from],
        'hyper_bias.bias': [bias],
      });
      expect(of('matrix', 'image')).toEqual({ ...hyper(4 * 5, 5, 6), ...head });
      expect(of('matrix', 'text')).toEqual({ ...hyper(6 * 5, 5, 4), ...head });
      const projection = { 'projection.weight': [5, 4] };
      expect(of('vector', 'image')).toEqual({ ...projection, ...hyper(5, 5, 6), ...head });
      expect(of('scalar', 'image')).toEqual({ ...projection, ...hyper(1, 1, 6), ...head });
    }));

  it('starts a matrix as small as a linear layer over the same vector', () =>
    tidy(() => {
      const wide = { dim: 64, tokens: 3 };
      const fusion = multiplicative({ dim: 32, form: 'matrix' });
      const params = fusion.init(key(1), wide, wide);
      const left = sampleFeatures(key(2), wide, { batch: 16 });
      const right = sampleFeatures(key(3), wide, { batch: 16 });
      const values = fusion.fuse(params, left, right, inference).joint.dataSync<'float32'>();
      const meanSquare = values.reduce((total, x) => total + x * x, 0) / values.length;
      expect(meanSquare).toBeGreaterThan(0.1);
      expect(meanSquare).toBeLessThan(3);
    }));

  it('is one scaled and shifted vector in the scalar form', () =>
    tidy(() => {
      const fusion = multiplicative({ dim: 5, form: 'scalar' });
      const params = fusion.init(key(1), image, text);
      const left = sampleFeatures(key(2), image, { batch: 2 });
      const right = sampleFeatures(key(3), text, { batch: 2 });
      const made = (path: string) => linear(params, path, left.pooled);
      const expected = add(
        mul(linear(params, 'projection', right.pooled), made('hyper_weight')),
        made('hyper_bias'),
      );
      expectClose(fusion.fuse(params, left, right, inference).joint, expected);
    }));
});
