import { reshape, stack, type Rank, type Tensor3D } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  requireInteger,
  withDefaults,
  type Fusion,
  type PooledFeatures,
} from '@crossweave/core';
import {
  initLayerNorm,
  initTransformerBlock,
  layerNorm,
  transformerBlock,
} from '@crossweave/core/nn';
import { pooledFusion } from '../late/pooled-fusion';
import {
  checkSet,
  initSet,
  pairOfElements,
  setDefaults,
  setElement,
  setMlp,
  type SetOptions,
} from './set-elements';

export interface DeepSetTransformerOptions extends SetOptions {
  /** Default 1. */
  layers?: number;
  /** A divisor of `dim`. Default 8. */
  heads?: number;
  /** Width of the layers' feed-forward networks. Default 2048. */
  feedForward?: number;
}

/**
 * `deepSet` with a transformer over its two elements in place of the pool (TorchMultimodal's
 * DeepsetFusionWithTransformer and its defaults): `joint` [B, D] is the MLP of the output at
 * element 0, the image by declaration; `match` a linear head on it. The layers are
 * nn.TransformerEncoder's, norm after each part and once at the end, ReLU:
 * `pooling_function.layers.i`, `pooling_function.norm`.
 */
export function deepSetTransformer(
  options: DeepSetTransformerOptions = {},
): Fusion<PooledFeatures> {
  const where = 'deepSetTransformer';
  const settings = withDefaults<DeepSetTransformerOptions>(where, options, {
    ...setDefaults,
    layers: 1,
    heads: 8,
    feedForward: 2048,
  });
  checkSet(where, settings);
  const { dim, layers, heads, feedForward, dropout } = settings;
  for (const name of ['layers', 'heads', 'feedForward'] as const) {
    requireInteger(where, name, settings[name]);
  }
  const path = 'pooling_function';

  const fusion = pooledFusion({
    where,
    name: `deep-set-transformer(${dim}x${layers})`,
    settings,
    init: (key, specs) =>
      mergeParams(
        initSet(key, specs, settings),
        ...Array.from({ length: layers }, (_, i) =>
          initTransformerBlock(key, `${path}.layers.${i}`, { dim, hidden: feedForward }),
        ),
        initLayerNorm(`${path}.norm`, dim),
      ),
    prepare: (params, image, text, ctx) => ({
      image: setElement(params, 'image', image, settings, ctx),
      text: setElement(params, 'text', text, settings, ctx),
    }),
    join: (params, image, text, ctx) => {
      const pair = pairOfElements(image, text, settings);
      let x = stack([...pair], 1) as Tensor3D;
      for (let i = 0; i < layers; i++) {
        const keep = i === layers - 1 ? 1 : undefined;
        const block = { heads, ctx, dropout, keep, activation: 'relu' } as const;
        x = transformerBlock(params, `${path}.layers.${i}`, x, block);
      }
      const first = reshape<Rank.R2>(x, [x.shape[0], dim]);
      return setMlp(params, layerNorm(params, `${path}.norm`, first), dropout, ctx);
    },
  });
  return { ...fusion, family: 'early' };
}
