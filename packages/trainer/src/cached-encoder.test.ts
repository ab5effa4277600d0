import { ones, tidy } from '@tensorflow/tfjs-core';
import { ShapeError, inference, key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { cachedEncoder } from './cached-encoder';

describe('cachedEncoder', () => {
  it('has no parameters and gives its input back', () => {
    const encoder = cachedEncoder('resnet (cached)', { dim: 2, tokens: 3 });
    tidy(() => {
      const features = {
        tokens: ones([4, 3, 2]),
        mask: ones([4, 3]),
        pooled: ones([4, 2]),
      } as never;
      expect(encoder.init(key(0))).toEqual({});
      expect(encoder.apply({}, features, inference)).toBe(features);
    });
  });

  it('refuses features of another shape', () => {
    const encoder = cachedEncoder('cached', { dim: 2, tokens: 'varies' });
    tidy(() => {
      const wrong = { tokens: ones([4, 3, 5]), mask: ones([4, 3]), pooled: ones([4, 2]) } as never;
      expect(() => encoder.apply({}, wrong, inference)).toThrow(ShapeError);
      const short = { tokens: ones([4, 3, 2]), mask: ones([4, 2]), pooled: ones([4, 2]) } as never;
      expect(() => encoder.apply({}, short, inference)).toThrow(/mask/);
    });
  });
});
