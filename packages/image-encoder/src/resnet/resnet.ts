import { ones, reshape, tidy, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, type Encoder } from '@crossweave/core';
import { globalAveragePool } from '@crossweave/core/nn';
import { checkImage, heightAndWidth } from '../image-size';
import { applyBlock, initBlock, planBlock, type Block } from './blocks';
import { initNormedConvolution } from './convolution';
import {
  resNetSettings,
  type ResNetOptions,
  type ResNetPreset,
  type ResNetSettings,
} from './options';
import { applyStem, stemLayer, stems } from './stem';

/**
 * torchvision's `ResNet` without its classifier (He et al. 2015), parameters under its names:
 * `conv1`, `bn1`, `layer{1…}.{0…}.conv{1…}`, `.bn{1…}`, `.downsample.{0,1}`.
 *
 * Reads [B, H, W, 3]. Tokens: the last stage's grid, row by row, [B, h·w, C], all real; pooled:
 * their mean. Tokens carry no positions: a fusion adds its own.
 */
export function buildResNet(
  where: string,
  options: ResNetOptions,
  preset: ResNetPreset,
): Encoder<Tensor4D> {
  const settings = resNetSettings(where, options, preset);
  const { stem, imageSize, block, layers, widths } = settings;
  const first = stemLayer(stem, settings.stemWidth, settings.stemStride);
  const stages = planStages(settings);
  const size = imageSize === 'any' ? undefined : heightAndWidth(where, imageSize);

  return {
    name: `resnet(${block} ${layers.join('-')}, ${widths.join('-')})`,
    features: {
      dim: stages.at(-1)!.out,
      tokens:
        size === undefined ? 'varies' : gridSide(settings, size[0]) * gridSide(settings, size[1]),
    },
    init: (key) =>
      tidy(() =>
        mergeParams(
          initNormedConvolution(key, first),
          ...stages.map((part) => initBlock(key, part, settings.zeroInitResidual)),
        ),
      ),
    apply(params, image, ctx) {
      checkImage(`${where}.apply`, image, size?.[0] ?? 'H', size?.[1] ?? 'W');
      const pass = { ctx, frozen: settings.frozenBatchNorm };
      return tidy(() => {
        const stemmed = applyStem(params, stem, first, image, pass);
        const grid = stages.reduce((x, part) => applyBlock(params, part, x, pass), stemmed);
        const [batch, height, width, channels] = grid.shape;
        const tokens = reshape<Rank.R3>(grid, [batch, height * width, channels]);
        const mask = ones<Rank.R2>([batch, height * width]);
        return { tokens, mask, pooled: globalAveragePool(grid) };
      });
    },
  };
}

function planStages(settings: ResNetSettings): Block[] {
  const { block, layers, widths, strides } = settings;
  const out: Block[] = [];
  widths.forEach((width, stage) => {
    for (let i = 0; i < layers[stage]!; i++) {
      const channels = out.at(-1)?.out ?? settings.stemWidth;
      const stride = i === 0 ? strides[stage]! : 1;
      out.push(planBlock(block, `layer${stage + 1}.${i}`, channels, width, stride));
    }
  });
  return out;
}

/** Tokens along a side of `pixels`: every layer is padded so that it gives ⌈n / stride⌉. */
function gridSide({ stem, stemStride, strides }: ResNetSettings, pixels: number): number {
  const all = [stemStride, ...(stems[stem].pool ? [2] : []), ...strides];
  return all.reduce((side, stride) => Math.ceil(side / stride), pixels);
}
