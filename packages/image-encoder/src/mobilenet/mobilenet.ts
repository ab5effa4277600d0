import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type LayeredEncoder, type Params } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { dropPathRates } from '@crossweave/core/nn';
import { gridFeatures, gridTokens } from '../grid';
import { checkImage, heightAndWidth } from '../image-size';
import {
  initNormedConvolution,
  normedConvolution,
  type NormedConvolution,
  type Pass,
} from '../normed-convolution';
import { hardSwish } from './activations';
import { applyBlock, initBlock, planBlock, type Block } from './block';
import type { MobileNetV3Settings } from './options';

/** Options of every batch norm, as in torchvision's MobileNetV3. */
const norms = { epsilon: 1e-3, momentum: 0.01 };

/**
 * torchvision's `MobileNetV3` without its classifier (Howard et al. 2019), with its parameter
 * names: `features.0` (stem), `features.{1…}.block.{…}`, `features.{last}`.
 *
 * Input: [B, H, W, 3]. Tokens [B, h·w, C]: the grid of the last convolution, row by row, without
 * masked tokens and without positions (a fusion adds them). Pooled: the mean of the tokens.
 */
export function buildMobileNetV3(
  where: string,
  name: string,
  settings: MobileNetV3Settings,
): LayeredEncoder<Tensor4D> {
  const { imageSize, stemWidth } = settings;
  const size = imageSize === 'any' ? undefined : heightAndWidth(imageSize);
  const blocks = planBlocks(settings);
  const rates = dropPathRates(blocks.length, settings.dropPath);
  const stem = convolution(0, { in: 3, out: stemWidth, kernel: 3, stride: 2 });
  const width = settings.blocks.at(-1)!.out;
  const last = convolution(blocks.length + 1, { in: width, out: 6 * width, kernel: 1, stride: 1 });
  const strides = [2, ...settings.blocks.map(({ stride }) => stride)];
  const gridSide = (pixels: number): number =>
    strides.reduce((side, stride) => Math.ceil(side / stride), pixels);

  /** The results of the stem, each block and the last convolution, [B, h, w, C]. */
  const gridsOf = (params: Params, image: Tensor4D, ctx: Context): Tensor4D[] => {
    checkImage(where, image, size?.[0] ?? 'H', size?.[1] ?? 'W');
    const pass: Pass = { ctx, frozen: settings.frozenBatchNorm, ...norms };
    const grids = [hardSwish(normedConvolution(params, stem, image, pass))];
    blocks.forEach((block, i) => {
      grids.push(applyBlock(params, block, grids.at(-1)!, rates[i]!, pass));
    });
    grids.push(hardSwish(normedConvolution(params, last, grids.at(-1)!, pass)));
    return grids;
  };

  return withConfig(where, settings, {
    name,
    features: {
      dim: last.out,
      tokens: size === undefined ? 'varies' : gridSide(size[0]) * gridSide(size[1]),
    },
    init: (key) =>
      tidy(() =>
        mergeParams(
          ...[stem, last].map((layer) => initNormedConvolution(key, layer)),
          ...blocks.map((block) => initBlock(key, block)),
        ),
      ),
    apply: (params, image, ctx) => tidy(() => gridFeatures(gridsOf(params, image, ctx).at(-1)!)),
    hiddenStates: (params, image, ctx) =>
      tidy(() => gridsOf(params, image, ctx).map((grid) => gridTokens(grid))),
  });
}

function convolution(
  index: number,
  shape: Pick<NormedConvolution, 'in' | 'out' | 'kernel' | 'stride'>,
): NormedConvolution {
  return { conv: `features.${index}.0`, norm: `features.${index}.1`, ...shape };
}

function planBlocks({ stemWidth, blocks }: MobileNetV3Settings): Block[] {
  return blocks.map((block, i) =>
    planBlock(`features.${i + 1}`, i === 0 ? stemWidth : blocks[i - 1]!.out, block),
  );
}
