import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type LayeredEncoder, type Params } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { dropPathRates } from '@crossweave/core/nn';
import { gridFeatures, gridTokens } from '../grid';
import { checkImage, heightAndWidth } from '../image-size';
import { applyBlock, initBlock, planBlock, type Block } from './blocks';
import { initNormedConvolution } from '../normed-convolution';
import {
  resNetSettings,
  type ResNetOptions,
  type ResNetPreset,
  type ResNetSettings,
} from './options';
import { applyStem, stemLayer, stems } from './stem';

/**
 * torchvision's `ResNet` without its classifier (He et al. 2015), with its parameter names:
 * `conv1`, `bn1`, `layer{1…}.{0…}.conv{1…}`, `.bn{1…}`, `.downsample.{0,1}`.
 *
 * Input: [B, H, W, 3]. Tokens [B, h·w, C]: the grid of the last stage, row by row, without masked
 * tokens and without positions (a fusion adds them). Pooled: the mean of the tokens.
 */
export function buildResNet(
  where: string,
  options: ResNetOptions,
  preset: ResNetPreset,
): LayeredEncoder<Tensor4D> {
  const settings = resNetSettings(where, options, preset);
  const { stem, imageSize, block, layers, widths } = settings;
  const first = stemLayer(stem, settings.stemWidth, settings.stemStride);
  const stages = planStages(settings);
  const blocks = stages.flat();
  const rates = dropPathRates(blocks.length, settings.dropPath);
  const size = imageSize === 'any' ? undefined : heightAndWidth(imageSize);

  /** The results of the stem and of each stage, [B, h, w, C]. */
  const gridsOf = (params: Params, image: Tensor4D, ctx: Context): Tensor4D[] => {
    checkImage(where, image, size?.[0] ?? 'H', size?.[1] ?? 'W');
    const pass = { ctx, frozen: settings.frozenBatchNorm };
    const grids = [applyStem(params, stem, first, image, pass)];
    let at = 0;
    for (const stage of stages) {
      const advance = (x: Tensor4D, block: Block): Tensor4D =>
        applyBlock(params, block, x, rates[at++]!, pass);
      grids.push(stage.reduce(advance, grids.at(-1)!));
    }
    return grids;
  };

  return withConfig(where, settings, {
    name: `resnet(${block} ${layers.join('-')}, ${widths.join('-')})`,
    features: {
      dim: blocks.at(-1)!.out,
      tokens:
        size === undefined ? 'varies' : gridSide(settings, size[0]) * gridSide(settings, size[1]),
    },
    init: (key) =>
      tidy(() =>
        mergeParams(
          initNormedConvolution(key, first),
          ...blocks.map((block) => initBlock(key, block, settings.zeroInitResidual)),
        ),
      ),
    apply: (params, image, ctx) => tidy(() => gridFeatures(gridsOf(params, image, ctx).at(-1)!)),
    hiddenStates: (params, image, ctx) =>
      tidy(() => gridsOf(params, image, ctx).map((grid) => gridTokens(grid))),
  });
}

/** The blocks of each stage. */
function planStages(settings: ResNetSettings): Block[][] {
  const { block, layers, widths, strides } = settings;
  let channels = settings.stemWidth;
  return widths.map((width, stage) =>
    Array.from({ length: layers[stage]! }, (_, i) => {
      const stride = i === 0 ? strides[stage]! : 1;
      const planned = planBlock(block, `layer${stage + 1}.${i}`, channels, width, stride);
      channels = planned.out;
      return planned;
    }),
  );
}

/** Number of tokens along a side of `pixels`. The padding of every layer maps n to ⌈n / stride⌉. */
function gridSide({ stem, stemStride, strides }: ResNetSettings, pixels: number): number {
  const all = [stemStride, ...(stems[stem].pool ? [2] : []), ...strides];
  return all.reduce((side, stride) => Math.ceil(side / stride), pixels);
}
