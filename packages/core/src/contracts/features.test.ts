import { slice, tensor1d, tensor2d, tensor3d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { mapFeatures, type Features, type PooledFeatures } from './features';

const last = <T extends Tensor>(x: T): T => slice(x, 1);

it('changes every tensor there is, and adds none', () =>
  tidy(() => {
    const pooled: PooledFeatures = { pooled: tensor2d([[1], [2]]) };
    const one = mapFeatures(pooled, last);
    expect(Object.keys(one)).toEqual(['pooled']);
    expect([...one.pooled.dataSync()]).toEqual([2]);
    const features: Features = {
      ...pooled,
      tokens: tensor3d([[[1]], [[2]]]),
      mask: tensor2d([[1], [1]]),
      present: tensor1d([1, 0]),
    };
    const whole = mapFeatures(features, last);
    expect(Object.keys(whole).sort()).toEqual(['mask', 'pooled', 'present', 'tokens']);
    expect([...whole.present!.dataSync()]).toEqual([0]);
    expect([...whole.tokens.dataSync()]).toEqual([2]);
  }));
