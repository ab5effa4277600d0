import { concat, slice, tidy } from '@tensorflow/tfjs-core';
import { key, parameter } from '@crossweave/core';
import { testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { expectSameJoint, imageSpec, textSpec } from './bilinear.testing';
import { mfb } from './mfb';
import { mlb } from './mlb';

const runner = { describe, it };
const small = { dim: 5, hidden: 4, factor: 3 };
testFusion(() => mfb({ ...small, dropout: 0.3, chunk: 4 }), runner);
testFusion(
  () => mfb({ ...small, normalize: true, activation: 'none', outputActivation: 'none' }),
  runner,
);

describe('mfb', () => {
  it('is MLB at width M·F whose products meet the same output weights F by F', () =>
    tidy(() => {
      const fusion = mfb({ dim: 5, hidden: 2, factor: 2 });
      const params = fusion.init(key(1), imageSpec, textSpec);
      const weight = parameter(params, 'linear_out.weight');
      const [first, second] = [0, 1].map((column) => slice(weight, [0, column], [5, 1]));
      const wide = concat([first!, first!, second!, second!], 1);
      const others = { ...params, 'linear_out.weight': wide };
      expectSameJoint([fusion, params], [mlb({ dim: 5, hidden: 4 }), others]);
    }));
});
