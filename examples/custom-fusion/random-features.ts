import { cos, matMul, mul, type Tensor2D } from '@tensorflow/tfjs-core';
import { foldIn, normal, parameter, type Fusion, type PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from '@crossweave/fusion';

/** joint = cos(x·A) ∘ cos(y·B); A and B are drawn once (Rahimi and Recht 2007): two buffers. */
export function randomFeatures(options: PooledFusionOptions = {}): Fusion<PooledFeatures> {
  const where = 'randomFeatures';
  const settings = readOptions(where, options, pooledFusionDefaults, pooledFusionChecks);
  return pooledFusion<Tensor2D, Tensor2D>({
    where,
    name: `random-features(${settings.dim})`,
    settings,
    init: (key, { image, text }) => ({
      'image.buffer_directions': normal(foldIn(key, 'image'), [image.dim, settings.dim]),
      'text.buffer_directions': normal(foldIn(key, 'text'), [text.dim, settings.dim]),
    }),
    prepare: (params, image, text) => ({
      image: cos(matMul<Tensor2D>(image, parameter(params, 'image.buffer_directions'))),
      text: cos(matMul<Tensor2D>(text, parameter(params, 'text.buffer_directions'))),
    }),
    join: (_, x, y) => mul<Tensor2D>(x, y),
  });
}
