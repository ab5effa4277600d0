import { add, concat, ones, reshape, slice, tidy, tile, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  parameter,
  type Context,
  type Encoder,
  type Key,
  type Params,
} from '@crossweave/core';
import { dropout, initLayerNorm, layerNorm, normalInit } from '@crossweave/core/nn';
import { checkImage, heightAndWidth } from '../image-size';
import { applyLayer, epsilon, initLayer } from './layer';
import { viTSettings, type ViTOptions, type ViTPreset, type ViTSettings } from './options';
import { embedPatches } from './patches';

const projection = 'embeddings.patch_embeddings.projection';
const classToken = 'embeddings.cls_token';
const positions = 'embeddings.position_embeddings';

/**
 * Hugging Face's `ViTModel` without pooling layer (Dosovitskiy et al. 2020), parameters under
 * the names of its checkpoints.
 *
 * Reads [B, H, W, 3]. Tokens: the class token, then the patches row by row, after the final norm,
 * [B, 1 + h·w, D], all real; pooled: the class token.
 */
export function buildViT(where: string, options: ViTOptions, preset: ViTPreset): Encoder<Tensor4D> {
  const settings = viTSettings(where, options, preset);
  const { dim, layers, patchSize } = settings;
  const [height, width] = heightAndWidth(where, settings.imageSize);
  const count = 1 + (height / patchSize) * (width / patchSize);
  const paths = Array.from({ length: layers }, (_, layer) => `encoder.layer.${layer}`);

  return {
    name: `vit(${layers}x${dim}, patch ${patchSize})`,
    features: { dim, tokens: count },
    init: (key) =>
      mergeParams(
        initEmbeddings(key, count, settings),
        ...paths.map((path) => initLayer(key, path, settings)),
        initLayerNorm('layernorm', dim),
      ),
    apply(params, image, ctx) {
      checkImage(`${where}.apply`, image, height, width);
      return tidy(() => {
        const embedded = embed(params, image, settings, ctx);
        const encoded = paths.reduce(
          (x, path) => applyLayer(params, path, x, settings, ctx),
          embedded,
        );
        const tokens = layerNorm(params, 'layernorm', encoded, epsilon);
        const batch = image.shape[0];
        const first = slice(tokens, [0, 0, 0], [batch, 1, dim]);
        return {
          tokens,
          mask: ones<Rank.R2>([batch, count]),
          pooled: reshape<Rank.R2>(first, [batch, dim]),
        };
      });
    },
  };
}

/**
 * Hugging Face truncates these normal draws at ±2, a hundred deviations away: they are
 * normal draws.
 */
function initEmbeddings(key: Key, count: number, settings: ViTSettings): Params {
  const { dim, patchSize, initializerRange: deviation } = settings;
  const weight = `${projection}.weight`;
  return {
    [classToken]: normalInit(foldIn(key, classToken), [1, 1, dim], deviation),
    [positions]: normalInit(foldIn(key, positions), [1, count, dim], deviation),
    [weight]: normalInit(foldIn(key, weight), [dim, 3, patchSize, patchSize], deviation),
    [`${projection}.bias`]: zeros([dim]),
  };
}

/** [B, H, W, 3] → [B, 1 + h·w, D] */
function embed(params: Params, image: Tensor4D, settings: ViTSettings, ctx: Context): Tensor3D {
  const patches = embedPatches(params, projection, image);
  const first = tile(parameter<Tensor3D>(params, classToken), [image.shape[0], 1, 1]);
  const x = add<Tensor3D>(concat([first, patches], 1), parameter<Tensor3D>(params, positions));
  return dropout(x, settings.dropout, ctx, 'embeddings');
}
