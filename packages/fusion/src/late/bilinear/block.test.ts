import { grad, pad, reshape, slice, sum, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { key, parameter, type Params } from '@crossweave/core';
import { testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectSameJoint, imageSpec, joint, textSpec } from './bilinear.testing';
import { block } from './block';
import { mutan } from './mutan';
import { tucker } from './tucker';

const runner = { describe, it };
const small = { dim: 5, hidden: 6, chunks: 3, rank: 2 };
const cores = { dim: 5, hidden: 6, chunks: 2, core: 'tucker' } as const;
const equal = { image: { dim: 6, tokens: 3 }, text: { dim: 6, tokens: 'varies' as const } };
testFusion(() => block({ ...small, chunk: 4 }), runner);
testFusion(() => block({ ...small, dropout: 0.3, normalize: 'whole' }), runner);
testFusion(() => block({ ...small, normalize: 'none', shared: true }), runner, equal);
testFusion(() => block(cores), runner);
testFusion(() => block({ ...cores, dropout: 0.3, normalize: 'none' }), runner);

/** Parameters of other names and shapes, the numbers as they are. */
function renamed(params: Params, layers: Readonly<Record<string, [string, number[]]>>): Params {
  const out: Record<string, Params[string]> = { ...params };
  for (const [path, [from, shape]] of Object.entries(layers)) {
    out[path] = reshape(parameter(params, from), shape);
  }
  return out;
}

describe('block', () => {
  it('of one chunk is MUTAN', () =>
    tidy(() => {
      const fusion = mutan({ dim: 5, hidden: 4, rank: 3 });
      const params = fusion.init(key(1), imageSpec, textSpec);
      const one = block({ dim: 5, hidden: 4, rank: 3, chunks: 1, normalize: 'none' });
      const layers = {
        'merge_linears0.weight': ['merge_linear0.weight', [1, 12, 4]],
        'merge_linears0.bias': ['merge_linear0.bias', [1, 12]],
        'merge_linears1.weight': ['merge_linear1.weight', [1, 12, 4]],
        'merge_linears1.bias': ['merge_linear1.bias', [1, 12]],
      } satisfies Record<string, [string, number[]]>;
      expectSameJoint([one, renamed(params, layers)], [fusion, params]);
    }));

  it('of one chunk with a full core is Tucker fusion, normalised or not', () =>
    tidy(() => {
      const layers = {
        'bilinears.weight': ['bilinear.weight', [1, 4, 4, 4]],
        'bilinears.bias': ['bilinear.bias', [1, 4]],
      } satisfies Record<string, [string, number[]]>;
      for (const normalize of [false, true]) {
        const fusion = tucker({ dim: 5, hidden: 4, normalize });
        const params = fusion.init(key(1), imageSpec, textSpec);
        const one = { dim: 5, hidden: 4, chunks: 1, core: 'tucker' } as const;
        for (const of of normalize ? (['chunks', 'whole'] as const) : (['none'] as const)) {
          const same = block({ ...one, normalize: of });
          expectSameJoint([same, renamed(params, layers)], [fusion, params]);
        }
      }
    }));

  it.each(['low-rank', 'tucker'] as const)('keeps the chunks apart with a %s core', (core) =>
    tidy(() => {
      const fusion = block({ ...small, core, dim: 6 });
      const params = fusion.init(key(1), imageSpec, textSpec);
      const weight = parameter<Tensor2D>(params, 'linear_out.weight');
      // An output that reads the first chunk's products alone depends on its projections alone.
      const first = pad(slice(weight, [0, 0], [6, 2]), [
        [0, 0],
        [0, 4],
      ]);
      const reading = { ...params, 'linear_out.weight': first };
      const slope = grad((bias) => sum(joint(fusion, { ...reading, 'linear0.bias': bias })))(
        parameter(params, 'linear0.bias'),
      );
      const [a, b, ...others] = slope.dataSync();
      expect(Math.abs(a!)).toBeGreaterThan(1e-4);
      expect(Math.abs(b!)).toBeGreaterThan(1e-4);
      expect(others).toEqual([0, 0, 0, 0]);
    }),
  );

  it('refuses chunks of unequal size', () => {
    expect(() => block({ hidden: 10, chunks: 3 })).toThrow(/"chunks" must divide "hidden".*10.*3/);
  });
});
