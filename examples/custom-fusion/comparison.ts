import { abs, concat, mul, sub, type Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { initLinear, linear } from '@crossweave/core/nn';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from '@crossweave/fusion';

/** joint = [x; y; |x − y|; x∘y] of both sides at one width (Conneau et al. 2017, arXiv 1705.02364). */
export function comparison(options: PooledFusionOptions = {}): Fusion<PooledFeatures> {
  const where = 'comparison';
  const settings = readOptions(where, options, pooledFusionDefaults, pooledFusionChecks);
  const { dim } = settings;
  return pooledFusion<Tensor2D, Tensor2D>({
    where,
    name: `comparison(${dim})`,
    settings,
    width: () => 4 * dim,
    init: (key, { image, text }) =>
      mergeParams(
        initLinear(key, 'image_projection', { in: image.dim, out: dim }),
        initLinear(key, 'text_projection', { in: text.dim, out: dim }),
      ),
    prepare: (params, image, text) => ({
      image: linear(params, 'image_projection', image),
      text: linear(params, 'text_projection', text),
    }),
    join: (_, x, y) => concat([x, y, abs(sub<Tensor2D>(x, y)), mul<Tensor2D>(x, y)], 1),
  });
}
