import { eye, mul, ones, reshape, tidy, tile, transpose, zeros } from '@tensorflow/tfjs-core';
import { key, parameter } from '@crossweave/core';
import { testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectSameJoint, imageSpec, textSpec } from './bilinear.testing';
import { mutan } from './mutan';
import { tucker } from './tucker';

const runner = { describe, it };
const small = { dim: 5, hidden: 4, rank: 3 };
const equal = { image: { dim: 6, tokens: 3 }, text: { dim: 6, tokens: 'varies' as const } };
testFusion(() => mutan({ ...small, chunk: 4 }), runner);
testFusion(() => mutan({ ...small, dropout: 0.3, normalize: true }), runner);
testFusion(() => mutan({ ...small, shared: true }), runner, equal);

describe('mutan', () => {
  it('is Tucker fusion with any core when its rank is full', () =>
    tidy(() => {
      const [M, full] = [3, 9];
      const exact = tucker({ dim: 5, hidden: M });
      const drawn = exact.init(key(1), imageSpec, textSpec);
      const params = { ...drawn, 'bilinear.bias': zeros([M]) };
      // Term r = (i, j): M_r picks x_i and spreads it by T[:, i, j], N_r spreads y_j evenly.
      const core = transpose(parameter(params, 'bilinear.weight'), [1, 2, 0]);
      const picks = reshape(eye(M), [M, 1, 1, M]);
      const left = mul(reshape(core, [M, M, M, 1]), picks);
      const right = mul(reshape(eye(M), [1, M, 1, M]), ones([M, M, M, M]));
      const merged = {
        ...params,
        'merge_linear0.weight': reshape(left, [full * M, M]),
        'merge_linear0.bias': zeros([full * M]),
        'merge_linear1.weight': reshape(right, [full * M, M]),
        'merge_linear1.bias': zeros([full * M]),
      };
      expectSameJoint([mutan({ dim: 5, hidden: M, rank: full }), merged], [exact, params]);
    }));

  it('sums the ranks: R equal terms are R times one', () =>
    tidy(() => {
      const one = mutan({ dim: 5, hidden: 4, rank: 1 });
      const params = one.init(key(1), imageSpec, textSpec);
      const repeated = Object.fromEntries(
        Object.entries(params).map(([path, value]) => [
          path,
          path.startsWith('merge') ? tile(value, value.rank === 2 ? [3, 1] : [3]) : value,
        ]),
      );
      const tripled = { ...params, 'linear_out.weight': mul(params['linear_out.weight']!, 3) };
      expectSameJoint([mutan(small), repeated], [one, tripled]);
    }));

  it('has half the layers when they are shared, which takes sides of one width', () =>
    tidy(() => {
      const fusion = mutan({ ...small, shared: true });
      expect(Object.keys(fusion.init(key(1), equal.image, equal.text)).sort()).toEqual([
        'linear0.bias',
        'linear0.weight',
        'linear_out.bias',
        'linear_out.weight',
        'match_head.bias',
        'match_head.weight',
        'merge_linear0.bias',
        'merge_linear0.weight',
      ]);
      expect(() => fusion.init(key(1), imageSpec, textSpec)).toThrow(/mutan.*"shared"/);
    }));
});
