import {
  add,
  matMul,
  mul,
  reshape,
  square,
  sub,
  sum,
  tidy,
  type Scalar,
} from '@tensorflow/tfjs-core';
import { inference, key, mapParams, parameter, type Params } from '@crossweave/core';
import { expectClose, gradientsAt, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { imageSpec, joint, samples, textSpec } from './bilinear.testing';
import { lowRankTensorFusion } from './low-rank-tensor-fusion';
import { tensorFusion } from './tensor-fusion';

const runner = { describe, it };
testFusion(() => lowRankTensorFusion({ dim: 5, rank: 3, dropout: 0.3 }), runner);

describe('lowRankTensorFusion', () => {
  const fusion = lowRankTensorFusion({ dim: 2, rank: 3 });
  const init = (): Params => fusion.init(key(1), imageSpec, textSpec);

  it('is a linear map of the tensor that tensor fusion forms', () =>
    tidy(() => {
      const params = init();
      const plain = tensorFusion({ project: false });
      const tensor = joint(plain, plain.init(key(1), imageSpec, textSpec));
      // W[i, j, d] = Σ_r w_r F_r[i, d] G_r[j, d], with 1 + 6 and 1 + 4 rows.
      const weights = reshape(parameter(params, 'fusion_weights'), [3, 1, 1, 1]);
      const left = reshape(parameter(params, 'factors.0'), [3, 7, 1, 2]);
      const right = reshape(parameter(params, 'factors.1'), [3, 1, 5, 2]);
      const map = reshape(sum(mul(mul(left, right), weights), 0), [35, 2]);
      const expected = add(matMul(tensor, map), parameter(params, 'fusion_bias'));
      expectClose(joint(fusion, params), expected);
    }));

  it('trains its factors: descent moves every one, and the error falls', () =>
    tidy(() => {
      const [image, text] = samples();
      const error = (params: Params) =>
        sum<Scalar>(square(sub(fusion.fuse(params, image, text, inference).joint, 1)));
      const before = init();
      let params = before;
      for (let step = 0; step < 20; step++) {
        const gradients = gradientsAt(error, params);
        params = mapParams(params, (value, path) => sub(value, mul(gradients[path]!, 0.02)));
      }
      expect(error(params).dataSync()[0]!).toBeLessThan(0.5 * error(before).dataSync()[0]!);
      for (const path of ['factors.0', 'factors.1']) {
        const moved = sub(parameter(params, path), parameter(before, path));
        const ranks = [...sum(square(reshape(moved, [3, -1])), 1).dataSync()];
        expect(ranks.every((distance) => distance > 1e-6)).toBe(true);
      }
    }));

  it('refuses features of another width', () =>
    tidy(() => {
      const [, text] = samples();
      expect(() => fusion.fuse(init(), text, text, inference)).toThrow(/factors.0/);
    }));
});
