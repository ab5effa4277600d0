import { tidy, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  type Context,
  type Key,
  type LayeredEncoder,
  type Params,
} from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { conv2d, dropPathRates, initLayerNorm, layerNorm, normalInit } from '@crossweave/core/nn';
import { gridFeatures, gridTokens } from '../grid';
import { checkImage, heightAndWidth } from '../image-size';
import { applyBlock, initBlock, innerEpsilon, type Block } from './block';
import { convNextSettings, type ConvNextOptions, type ConvNextSettings } from './options';

interface Stage {
  /** Path of the norm and the convolution that halve the sides; absent in the first stage. */
  readonly reduction?: { readonly path: string; readonly from: number; readonly to: number };
  readonly blocks: readonly Block[];
}

/**
 * ConvNeXt (Liu et al. 2022) and ConvNeXt V2 (Woo et al. 2023, `responseNorm: true`) of any size, with
 * the parameter names of Hugging Face's `ConvNextModel` and `ConvNextV2Model`. The defaults are those
 * of `facebook/convnext-tiny-224`.
 *
 * Input: [B, H, W, 3]. Tokens [B, h·w, C]: the grid of the last stage, row by row, without masked
 * tokens and without positions. Pooled: the norm of their mean.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function convNext(options: ConvNextOptions = {}): LayeredEncoder<Tensor4D> {
  const where = 'convNext';
  const settings = convNextSettings(where, options);
  const { imageSize, widths, patchSize, epsilon, initializerRange: deviation } = settings;
  const stages = planStages(settings);
  const size = imageSize === 'any' ? undefined : heightAndWidth(imageSize);

  /** The results of the stem and of each stage, [B, h, w, C]. */
  const gridsOf = (params: Params, image: Tensor4D, ctx: Context): Tensor4D[] => {
    checkImage(where, image, size?.[0] ?? 'H', size?.[1] ?? 'W');
    const patches = conv2d(params, 'embeddings.patch_embeddings', image, { stride: patchSize });
    const grids = [layerNorm(params, 'embeddings.layernorm', patches, innerEpsilon)];
    for (const { reduction, blocks } of stages) {
      let x = grids.at(-1)!;
      if (reduction !== undefined) {
        const normed = layerNorm(params, `${reduction.path}.0`, x, innerEpsilon);
        x = conv2d(params, `${reduction.path}.1`, normed, { stride: 2 });
      }
      grids.push(blocks.reduce((y, block) => applyBlock(params, block, y, settings, ctx), x));
    }
    return grids;
  };

  return withConfig(where, settings, {
    name: `convnext${settings.responseNorm ? '-v2' : ''}(${settings.layers.join('-')}, ${widths.join('-')})`,
    features: {
      dim: widths.at(-1)!,
      tokens:
        size === undefined ? 'varies' : gridSide(settings, size[0]) * gridSide(settings, size[1]),
    },
    init: (key) =>
      tidy(() =>
        mergeParams(
          initConvolution(key, 'embeddings.patch_embeddings', 3, widths[0]!, patchSize, deviation),
          initLayerNorm('embeddings.layernorm', widths[0]!),
          ...stages.flatMap(({ reduction, blocks }) => [
            ...(reduction === undefined
              ? []
              : [
                  initLayerNorm(`${reduction.path}.0`, reduction.from),
                  initConvolution(
                    key,
                    `${reduction.path}.1`,
                    reduction.from,
                    reduction.to,
                    2,
                    deviation,
                  ),
                ]),
            ...blocks.map((block) => initBlock(key, block, settings)),
          ]),
          initLayerNorm('layernorm', widths.at(-1)!),
        ),
      ),
    apply: (params, image, ctx) =>
      tidy(() => {
        const { pooled, ...features } = gridFeatures(gridsOf(params, image, ctx).at(-1)!);
        return { ...features, pooled: layerNorm(params, 'layernorm', pooled, epsilon) };
      }),
    hiddenStates: (params, image, ctx) =>
      tidy(() => gridsOf(params, image, ctx).map((grid) => gridTokens(grid))),
  });
}

function planStages({ layers, widths, dropPath }: ConvNextSettings): Stage[] {
  const rates = dropPathRates(
    layers.reduce((sum, count) => sum + count, 0),
    dropPath,
  );
  let at = 0;
  return layers.map((count, stage) => {
    const [path, width] = [`encoder.stages.${stage}`, widths[stage]!];
    const blocks = Array.from({ length: count }, (_, i) => ({
      ...{ path: `${path}.layers.${i}`, width, dropPath: rates[at++]! },
    }));
    if (stage === 0) return { blocks };
    const reduction = { path: `${path}.downsampling_layer`, from: widths[stage - 1]!, to: width };
    return { reduction, blocks };
  });
}

/** A convolution with bias whose stride is its side. */
function initConvolution(
  key: Key,
  path: string,
  from: number,
  out: number,
  side: number,
  deviation: number,
): Params {
  const weight = `${path}.weight`;
  return {
    [weight]: normalInit(foldIn(key, weight), [out, from, side, side], deviation),
    [`${path}.bias`]: zeros([out]),
  };
}

/** Number of tokens along a side of `pixels`: what does not fill a patch is cut off. */
function gridSide({ patchSize, widths }: ConvNextSettings, pixels: number): number {
  return widths.slice(1).reduce((side) => Math.floor(side / 2), Math.floor(pixels / patchSize));
}
