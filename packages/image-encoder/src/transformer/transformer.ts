import { mean, ones, reshape, slice, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  mergeParams,
  showShape,
  type Context,
  type Key,
  type LayeredEncoder,
  type Params,
} from '@crossweave/core';
import {
  dropPathRates,
  initLayerNorm,
  initLinear,
  layerNorm,
  linear,
  rotation,
  runLayer,
  type Block,
  type Rotation,
} from '@crossweave/core/nn';
import { checkImage, heightAndWidth } from '../image-size';
import { embed, gridOf, initEmbeddings, leadingTokens } from './embeddings';
import { applyLayer, initLayer, type Layer } from './layer';
import type {
  Projection,
  TransformerDeviations,
  TransformerNames,
  TransformerSettings,
} from './names';

/**
 * A pre-norm vision transformer (Dosovitskiy et al. 2020) with the parameter names of a family.
 *
 * Input: [B, H, W, 3]. Tokens [B, 1 + R + h·w, D]: the class token (if the family has one), the
 * registers (if it has any), then the patches row by row, after the last layer norm and the projection (if there is one), without
 * masked tokens. Pooled: the class token, the mean of the patches, or the result of the family's
 * head.
 */
export function buildTransformer(
  where: string,
  name: string,
  settings: TransformerSettings,
  names: TransformerNames,
  deviations: TransformerDeviations,
): LayeredEncoder<Tensor4D> {
  const { dim, epsilon, imageSize, patchSize, projection, firstNorm } = { ...settings, ...names };
  const size = imageSize === 'any' ? undefined : heightAndWidth(imageSize);
  const grid = size && gridOf(size, patchSize);
  const extra = leadingTokens(names.embeddings, settings);
  const { pooling } = settings;
  const layers = dropPathRates(settings.layers, settings.dropPath).map((dropPath, i): Layer => ({
    path: names.layer(i),
    parts: names.parts,
    dropPath,
  }));

  /** The leading tokens have no place. */
  const rotationOf = ({ shape: [, height, width] }: Tensor4D): Rotation | undefined => {
    if (settings.angles === undefined) return undefined;
    const leading = Array.from({ length: extra }, () => []);
    const patches = settings.angles(gridOf([height, width], patchSize));
    return rotation([...leading, ...patches], dim / settings.heads);
  };

  const hiddenStates = (params: Params, image: Tensor4D, ctx: Context): Tensor3D[] => {
    checkImage(where, image, size?.[0] ?? 'H', size?.[1] ?? 'W');
    checkPatches(where, image, patchSize);
    const embedded = embed(params, names.embeddings, image, settings, ctx);
    const hidden = [
      firstNorm === undefined ? embedded : layerNorm(params, firstNorm, embedded, epsilon),
    ];
    const turned = rotationOf(image);
    for (const layer of layers) {
      const block: Block<readonly [Tensor3D, ...Tensor2D[]], Tensor3D> = (own, [x, cos, sin], at) =>
        applyLayer(own, layer, x, settings, at, cos && sin && { cos, sin });
      const inputs = [hidden.at(-1)!, ...(turned ? [turned.cos, turned.sin] : [])] as const;
      hidden.push(runLayer(block, params, layer.path, inputs, ctx));
    }
    return hidden;
  };

  return {
    name,
    features: {
      dim: projection?.dim ?? dim,
      tokens:
        grid === undefined || settings.patchDropout > 0 ? 'varies' : extra + grid[0] * grid[1],
    },
    init: (key) =>
      mergeParams(
        initEmbeddings(key, names.embeddings, settings, deviations),
        ...(firstNorm === undefined ? [] : [initLayerNorm(firstNorm, dim)]),
        ...layers.map((layer) => initLayer(key, layer, settings, deviations)),
        initLayerNorm(names.lastNorm, dim),
        projection === undefined ? {} : initProjection(key, projection, dim),
        typeof pooling === 'string' ? {} : pooling.init(key),
      ),
    apply: (params, image, ctx) =>
      tidy(() => {
        const last = hiddenStates(params, image, ctx).at(-1)!;
        const normed = layerNorm(params, names.lastNorm, last, epsilon);
        const tokens = projection === undefined ? normed : linear(params, projection.path, normed);
        const [batch, count] = tokens.shape;
        return {
          tokens,
          mask: ones<Rank.R2>([batch, count]),
          pooled:
            typeof pooling === 'string'
              ? pool(tokens, pooling, extra)
              : pooling.apply(params, tokens, ctx),
        };
      }),
    hiddenStates: (params, image, ctx) => tidy(() => hiddenStates(params, image, ctx)),
  };
}

function initProjection(key: Key, { path, dim, deviation }: Projection, from: number): Params {
  return initLinear(key, path, { in: from, out: dim, bias: false, standardDeviation: deviation });
}

/** [B, extra + N, D] → [B, D] */
function pool(tokens: Tensor3D, pooling: 'class' | 'mean', extra: number): Tensor2D {
  const [batch, count, dim] = tokens.shape;
  if (pooling === 'class') {
    return reshape<Rank.R2>(slice(tokens, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
  }
  return mean<Tensor2D>(slice(tokens, [0, extra, 0], [batch, count - extra, dim]), 1);
}

function checkPatches(where: string, image: Tensor4D, patchSize: number): void {
  const [, height, width] = image.shape;
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw new ShapeError('the size of the picture is not a multiple of the patch size', {
      where,
      expected: `sides that are multiples of ${patchSize}`,
      got: showShape(image.shape),
    });
  }
}
