import { concat, mul, slice, tidy, zeros, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { key, parameter, type Params } from '@crossweave/core';
import { expectClose, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectSameJoint, imageSpec, joint, samples, textSpec } from './bilinear.testing';
import { mfb } from './mfb';
import { mfh } from './mfh';

const runner = { describe, it };
const small = { dim: 5, hidden: 4, factor: 2 };
const plain = { activation: 'none', outputActivation: 'none' } as const;
testFusion(() => mfh({ ...small, dropout: 0.3, chunk: 4 }), runner);
testFusion(() => mfh({ ...small, ...plain, normalize: true }), runner);

/** `linear_out` that reads one half of the sums alone, without its bias. */
function reading(half: 0 | 1, params: Params): Params {
  const weight = parameter<Tensor2D>(params, 'linear_out.weight');
  const part = slice(weight, [0, 0], [5, 4]);
  const nothing = zeros<Rank.R2>([5, 4]);
  return {
    ...params,
    'linear_out.weight': concat(half === 0 ? [part, nothing] : [nothing, part], 1),
    'linear_out.bias': zeros([5]),
  };
}

describe('mfh', () => {
  it('begins as MFB', () =>
    tidy(() => {
      const fusion = mfh({ ...small, normalize: true });
      const params = reading(0, fusion.init(key(1), imageSpec, textSpec));
      const others: Params = {
        ...params,
        'linear0.weight': parameter(params, 'linear0_0.weight'),
        'linear0.bias': parameter(params, 'linear0_0.bias'),
        'linear1.weight': parameter(params, 'linear1_0.weight'),
        'linear1.bias': parameter(params, 'linear1_0.bias'),
        'linear_out.weight': slice(parameter(params, 'linear_out.weight'), [0, 0], [5, 4]),
      };
      expectSameJoint([fusion, params], [mfb({ ...small, normalize: true }), others]);
    }));

  it('goes on to products of fourth order: twice the image gives four times the second sums', () =>
    tidy(() => {
      const fusion = mfh({ ...small, ...plain });
      const drawn = reading(1, fusion.init(key(1), imageSpec, textSpec));
      const unbiased = Object.fromEntries(
        Object.entries(drawn).map(([path, value]) => [
          path,
          path.endsWith('.bias') ? mul(value, 0) : value,
        ]),
      );
      const [image, text] = samples();
      const twice = { ...image, pooled: mul<Tensor2D>(image.pooled, 2) };
      const before = joint(fusion, unbiased, [image, text]);
      expectClose(joint(fusion, unbiased, [twice, text]), mul(before, 4));
      expect(Math.max(...before.dataSync())).toBeGreaterThan(1e-3);
    }));
});
