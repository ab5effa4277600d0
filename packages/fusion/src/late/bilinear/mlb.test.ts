import { mul, reshape, tidy } from '@tensorflow/tfjs-core';
import { key } from '@crossweave/core';
import { linear, normalize, signedSqrt } from '@crossweave/core/nn';
import { expectClose, testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { imageSpec, joint, samples, textSpec } from './bilinear.testing';
import { mlb } from './mlb';

const runner = { describe, it };
const small = { dim: 5, hidden: 7 };
const plain = { activation: 'none', outputActivation: 'none' } as const;
testFusion(() => mlb({ ...small, dropout: 0.3, chunk: 4 }), runner);
testFusion(() => mlb({ ...small, ...plain, chunk: 4 }), runner);
testFusion(() => mlb({ ...small, ...plain, normalize: true, activation: 'gelu' }), runner);

describe('mlb', () => {
  it('multiplies the projections number by number, then takes roots and unit length', () =>
    tidy(() => {
      const fusion = mlb({ ...small, ...plain, normalize: true });
      const params = fusion.init(key(1), imageSpec, textSpec);
      const [image, text] = samples();
      const products = mul(
        linear(params, 'linear0', image.pooled),
        linear(params, 'linear1', text.pooled),
      );
      const expected = linear(params, 'linear_out', normalize(signedSqrt(products)));
      expectClose(joint(fusion, params), reshape(expected, [3, 5]));
    }));
});
