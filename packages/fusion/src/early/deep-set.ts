import { add, maximum, mul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Fusion, PooledFeatures } from '@crossweave/core';
import { oneOf, readOptions } from '@crossweave/core/authoring';
import { pooledFusion } from '../late/pooled-fusion';
import {
  initSet,
  pairOfElements,
  setChecks,
  setDefaults,
  setElement,
  setMlp,
  type SetOptions,
} from './set-elements';

const pools = {
  mean: (x: Tensor2D, y: Tensor2D): Tensor2D => mul(add(x, y), 0.5),
  sum: (x: Tensor2D, y: Tensor2D): Tensor2D => add(x, y),
  max: (x: Tensor2D, y: Tensor2D): Tensor2D => maximum(x, y),
} as const;

export interface DeepSetOptions extends SetOptions {
  /** How the two elements are pooled to one vector. Default `mean`. */
  pool?: keyof typeof pools;
}

/**
 * The two sides as an unordered set (Deep Sets, arXiv 1703.06114; TorchMultimodal's
 * DeepsetFusionModule, arXiv 2003.01607): both summaries are projected to D and normalised, and
 * `joint` [B, D] is an MLP of the pooled vector; `match` is a linear head on it. The set has two
 * elements, one vector for each side; tokens are not read.
 *
 * With `attention` TorchMultimodal first weights the elements and then normalises their features,
 * which undoes the weights. Here the features are normalised first. With `normalization:
 * 'modalities'` the order is TorchMultimodal's.
 */
export function deepSet(options: DeepSetOptions = {}): Fusion<PooledFeatures> {
  const where = 'deepSet';
  const settings = readOptions<DeepSetOptions>(
    where,
    options,
    { ...setDefaults, pool: 'mean' },
    { ...setChecks, pool: oneOf(...Object.keys(pools)) },
  );
  const pool = pools[settings.pool];

  return pooledFusion({
    where,
    name: `deep-set(${settings.dim})`,
    family: 'early',
    settings,
    init: (key, specs) => initSet(key, specs, settings),
    prepare: (params, image, text, ctx) => ({
      image: setElement(params, 'image', image, settings, ctx),
      text: setElement(params, 'text', text, settings, ctx),
    }),
    join: (params, image, text, ctx) => {
      const [x, y] = pairOfElements(image, text, settings);
      return setMlp(params, pool(x, y), settings.dropout, ctx);
    },
  });
}
