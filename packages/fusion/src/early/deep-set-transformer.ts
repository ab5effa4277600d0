import { reshape, stack, type Rank, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type PooledFeatures } from '@crossweave/core';
import { count, readOptions, requireDivisor } from '@crossweave/core/authoring';
import {
  initLayerNorm,
  initTransformerBlock,
  layerNorm,
  transformerBlock,
} from '@crossweave/core/nn';
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

export interface DeepSetTransformerOptions extends SetOptions {
  /** Transformer layers over the two elements. Default 1. */
  layers?: number;
  /** Attention heads; divides `dim`. Default 8. */
  heads?: number;
  /** Width of the layers' feed-forward networks. Default 2048. */
  feedForward?: number;
}

/**
 * `deepSet` with a transformer over its two elements instead of pooling (TorchMultimodal's
 * DeepsetFusionWithTransformer with its defaults). `joint` [B, D] is the MLP of the output at
 * element 0, the image; `match` is a linear head on it. The layers are those of
 * nn.TransformerEncoder with ReLU and layer norm after each sublayer and once at the end:
 * `pooling_function.layers.i`, `pooling_function.norm`.
 */
export function deepSetTransformer(
  options: DeepSetTransformerOptions = {},
): Fusion<PooledFeatures> {
  const where = 'deepSetTransformer';
  const settings = readOptions<DeepSetTransformerOptions>(
    where,
    options,
    { ...setDefaults, layers: 1, heads: 8, feedForward: 2048 },
    { ...setChecks, layers: count(), heads: count(), feedForward: count() },
  );
  const { dim, layers, heads, feedForward, dropout } = settings;
  requireDivisor(where, ['heads', heads], ['dim', dim]);
  const path = 'pooling_function';

  return pooledFusion({
    where,
    family: 'early',
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
}
