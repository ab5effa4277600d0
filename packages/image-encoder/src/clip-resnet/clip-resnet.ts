import { ones, tidy, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  mergeParams,
  type Context,
  type LayeredEncoder,
  type Params,
} from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { dropPathRates } from '@crossweave/core/nn';
import { gridTokens } from '../grid';
import { checkImage, heightAndWidth, type ImageSize } from '../image-size';
import type { Pass } from '../normed-convolution';
import type { Grid } from '../transformer/positions';
import { attentionPool, initAttentionPool } from './attention-pool';
import { applyBlock, applyStem, initLayers, planStages, planStem } from './layers';
import { clipResNetSettings, type ClipResNetOptions, type ClipResNetPreset } from './options';

/**
 * CLIP's modified ResNet (Radford et al. 2021), with the parameter names of OpenAI's and
 * open_clip's checkpoints: `visual.conv1`, `visual.layer1.0.conv1`, `visual.attnpool.q_proj`…
 *
 * Input: [B, H, W, 3]. Pooled: the embedding of the attention pool [B, E]. Tokens [B, h·w, E]: the
 * places of the last grid, row by row, in the same embedding space, without masked tokens.
 */
export function buildClipResNet(
  where: string,
  options: ClipResNetOptions,
  preset: ClipResNetPreset,
): LayeredEncoder<Tensor4D> {
  const settings = clipResNetSettings(where, options, preset);
  const { layers, widths, heads, projection, imageSize, positionSize } = settings;
  const stem = planStem(widths[0]!);
  const stages = planStages(layers, widths);
  const blocks = stages.flat();
  const rates = new Map(
    dropPathRates(blocks.length, settings.dropPath).map((rate, i) => [blocks[i]!, rate]),
  );
  const size = imageSize === 'any' ? undefined : heightAndWidth(imageSize);
  const gridOf = (pictures: ImageSize): Grid => {
    const [rows, columns] = heightAndWidth(pictures).map((pixels) =>
      stages.reduce(
        (side, _, stage) => (stage === 0 ? side : Math.floor(side / 2)),
        quarter(pixels),
      ),
    );
    if (rows! < 1 || columns! < 1) {
      throw new ShapeError('the pictures are too small', {
        where,
        expected: `sides of at least ${2 ** (stages.length + 1) - 1} pixels`,
        got: pictures,
      });
    }
    return [rows!, columns!];
  };
  const trained = gridOf(positionSize);
  const grid = size && gridOf(size);

  /** The results of the stem and of each stage, [B, h, w, C]. */
  const gridsOf = (params: Params, image: Tensor4D, ctx: Context): Tensor4D[] => {
    checkImage(where, image, size?.[0] ?? 'H', size?.[1] ?? 'W');
    const [, height, width] = image.shape;
    gridOf([height, width]);
    const pass: Pass = { ctx, frozen: settings.frozenBatchNorm };
    const grids = [applyStem(params, stem, image, pass)];
    for (const stage of stages) {
      grids.push(
        stage.reduce(
          (x, block) => applyBlock(params, block, x, rates.get(block)!, pass),
          grids.at(-1)!,
        ),
      );
    }
    return grids;
  };

  return withConfig(where, settings, {
    name: `clip-resnet(${layers.join('-')}, ${widths.join('-')})`,
    features: { dim: projection, tokens: grid === undefined ? 'varies' : grid[0] * grid[1] },
    init: (key) =>
      tidy(() =>
        mergeParams(
          initLayers(key, stem, blocks),
          initAttentionPool(key, trained, blocks.at(-1)!.out, projection),
        ),
      ),
    apply: (params, image, ctx) =>
      tidy(() => {
        const last = gridsOf(params, image, ctx).at(-1)!;
        const { pooled, tokens } = attentionPool(params, last, heads, trained);
        const [batch, count] = tokens.shape;
        return { tokens, mask: ones<Rank.R2>([batch, count]), pooled };
      }),
    hiddenStates: (params, image, ctx) =>
      tidy(() => gridsOf(params, image, ctx).map((value) => gridTokens(value))),
  });
}

/** The side of the stem's result: a convolution of stride 2, then a pool that drops an odd last column. */
function quarter(pixels: number): number {
  return Math.floor(Math.ceil(pixels / 2) / 2);
}
