import { abs, concat, mul, reshape, sub, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type Params, type PooledFeatures } from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { scoreInChunks } from '@crossweave/fusion';

/** joint = [x; y; |x − y|; x∘y] of both sides at one width (Conneau et al. 2017, arXiv 1705.02364). */
export function comparison({ dim = 64 } = {}): Fusion<PooledFeatures> {
  const join = (x: Tensor2D, y: Tensor2D): Tensor2D =>
    concat([x, y, abs(sub<Tensor2D>(x, y)), mul<Tensor2D>(x, y)], 1);
  const match = (params: Params, joint: Tensor2D): Tensor1D =>
    reshape(linear(params, 'match_head', joint), [joint.shape[0]]);

  return {
    name: `comparison(${dim})`,
    family: 'late',
    scoring: 'joint',
    reads: 'pooled',
    init: (key, image, text) =>
      mergeParams(
        initLinear(key, 'image_projection', { in: image.dim, out: dim }),
        initLinear(key, 'text_projection', { in: text.dim, out: dim }),
        initLinear(key, 'match_head', { in: 4 * dim, out: 1 }),
      ),
    fuse: (params, image, text) =>
      tidy(() => {
        const x = linear(params, 'image_projection', image.pooled);
        const joint = join(x, linear(params, 'text_projection', text.pooled));
        return { joint, match: match(params, joint) };
      }),
    score: (params, image, text) =>
      tidy(() => {
        const x = linear(params, 'image_projection', image.pooled);
        const y = linear(params, 'text_projection', text.pooled);
        return scoreInChunks(x, y, 4096, (some, others) => match(params, join(some, others)));
      }),
  };
}
