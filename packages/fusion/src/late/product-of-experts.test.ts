import { add, div, exp, fill, grad, sum, tidy } from '@tensorflow/tfjs-core';
import { inference, key, parameter, type Params } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { productOfExperts } from './product-of-experts';

testFusion(() => productOfExperts({ dim: 5, dropout: 0.2 }), { describe, it });

describe('productOfExperts', () => {
  const image = { dim: 6, tokens: 3 };
  const text = { dim: 4, tokens: 3 };
  const fusion = productOfExperts({ dim: 5 });
  const sides = () => {
    const params = fusion.init(key(1), image, text);
    const left = sampleFeatures(key(2), image, { batch: 2 });
    return { params, left, right: sampleFeatures(key(3), text, { batch: 2 }) };
  };
  const withLogvars = (params: Params, ofImage: number, ofText: number): Params => ({
    ...params,
    'image_logvar.bias': fill([5], ofImage),
    'text_logvar.bias': fill([5], ofText),
  });

  it('leaves a side that is unsure out, and keeps the prior', () =>
    tidy(() => {
      const { params, left, right } = sides();
      const unsure = withLogvars(params, 60, 0);
      const { joint } = fusion.fuse(unsure, left, right, inference);
      const variance = exp(linear(unsure, 'text_logvar', right.pooled));
      expectClose(joint, div(linear(unsure, 'text_mean', right.pooled), add(variance, 1)));
    }));

  it('believes a side that is sure', () =>
    tidy(() => {
      const { params, left, right } = sides();
      const { joint } = fusion.fuse(withLogvars(params, -30, 0), left, right, inference);
      expectClose(joint, linear(params, 'image_mean', left.pooled));
    }));

  it.each([-200, 0, 200])('has finite gradients at a log variance of about %i', (logvar) =>
    tidy(() => {
      const { params, left, right } = sides();
      const slope = grad((bias) => {
        const at = { ...withLogvars(params, logvar, 0), 'image_logvar.bias': bias };
        return sum(fusion.fuse(at, left, right, inference).joint);
      })(parameter(withLogvars(params, logvar, 0), 'image_logvar.bias'));
      expect([...slope.dataSync()].every(Number.isFinite)).toBe(true);
      const moves = slope.dataSync().some((value) => value !== 0);
      expect(moves).toBe(logvar === 0);
    }),
  );
});
