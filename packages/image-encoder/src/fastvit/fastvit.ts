import { add, tidy, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  parameter,
  type Context,
  type Key,
  type LayeredEncoder,
  type Params,
} from '@crossweave/core';
import {
  depthwiseConv2d,
  dropPathRates,
  initLinear,
  linear,
  normalInit,
} from '@crossweave/core/nn';
import { withConfig } from '@crossweave/core/authoring';
import { gridFeatures, gridTokens } from '../grid';
import { checkImage, heightAndWidth } from '../image-size';
import type { Pass } from '../normed-convolution';
import { applyBlock, initBlock, type Block } from './block';
import { applyBranches, initBranches, largeKernel, mobileOne, type Branches } from './mobile-one';
import { fastVitSettings, type FastVitOptions, type FastVitSettings } from './options';

interface Stage {
  /** What halves the sides; nothing in the first stage. */
  readonly reduction: readonly Branches[];
  /** Path of the convolution that tells places; in the last stage. */
  readonly positions?: string;
  readonly width: number;
  readonly blocks: readonly Block[];
}

const positionKernel = 7;

/**
 * The image tower of MobileCLIP-S1 (the default), S2 and MobileCLIP2-S0 and S2 (Vasu et al. 2024): FastViT
 * (Vasu et al. 2023) as it is trained, with all branches, and with the parameter names of timm's
 * `fastvit_mci0` to `fastvit_mci2`. The last stage attends, the others convolve.
 *
 * Input: [B, H, W, 3]. Tokens [B, h·w, E or `projection`]: the grid after the last convolution, row by row,
 * without masked tokens. Pooled: their mean, which `head.fc` projects as it does the tokens.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function fastVit(options: FastVitOptions = {}): LayeredEncoder<Tensor4D> {
  const where = 'fastVit';
  const settings = fastVitSettings(where, options);
  const { imageSize, layers, widths, projection } = settings;
  const size = imageSize === 'any' ? undefined : heightAndWidth(imageSize);
  const width = 2 * widths.at(-1)!;
  const stem = planStem(widths[0]!);
  const stages = planStages(settings);
  const last = mobileOne('final_conv', {
    ...{ in: width / 2, out: width, kernel: 3, depthwise: true },
    squeezed: Math.max(1, Math.floor(width / 16)),
  });
  const halvings = widths.length + 1;
  const gridSide = (pixels: number): number =>
    Array.from({ length: halvings }).reduce<number>((side) => Math.ceil(side / 2), pixels);

  /** The results of the stem, each stage and the last convolution, [B, h, w, C]. */
  const gridsOf = (params: Params, image: Tensor4D, ctx: Context): Tensor4D[] => {
    checkImage(where, image, size?.[0] ?? 'H', size?.[1] ?? 'W');
    const pass: Pass = { ctx, frozen: settings.frozenBatchNorm };
    const through = (branches: readonly Branches[], x: Tensor4D): Tensor4D =>
      branches.reduce((y, each) => applyBranches(params, each, y, pass), x);
    const grids = [through(stem, image)];
    for (const { reduction, positions, blocks } of stages) {
      const reduced = through(reduction, grids.at(-1)!);
      const placed = positions === undefined ? reduced : withPlaces(params, positions, reduced);
      grids.push(blocks.reduce((y, block) => applyBlock(params, block, y, pass), placed));
    }
    grids.push(through([last], grids.at(-1)!));
    return grids;
  };

  return withConfig(where, settings, {
    name: `fastvit(${layers.join('-')}, ${widths.join('-')})`,
    features: {
      dim: projection === false ? width : projection,
      tokens: size === undefined ? 'varies' : gridSide(size[0]) * gridSide(size[1]),
    },
    init: (key) =>
      tidy(() =>
        mergeParams(
          ...[...stem, last].map((each) => initBranches(key, each)),
          ...stages.map((stage) => initStage(key, stage, settings)),
          projection === false
            ? {}
            : initLinear(key, 'head.fc', { in: width, out: projection, standardDeviation: 0.02 }),
        ),
      ),
    apply: (params, image, ctx) =>
      tidy(() => {
        const { tokens, mask, pooled } = gridFeatures(gridsOf(params, image, ctx).at(-1)!);
        if (projection === false) return { tokens, mask, pooled };
        const head = 'head.fc';
        return { tokens: linear(params, head, tokens), mask, pooled: linear(params, head, pooled) };
      }),
    hiddenStates: (params, image, ctx) =>
      tidy(() => gridsOf(params, image, ctx).map((grid) => gridTokens(grid))),
  });
}

function planStem(width: number): Branches[] {
  return [
    mobileOne('stem.0', { in: 3, out: width, kernel: 3, stride: 2 }),
    mobileOne('stem.1', { in: width, out: width, kernel: 3, stride: 2, depthwise: true }),
    mobileOne('stem.2', { in: width, out: width, kernel: 1 }),
  ];
}

function planStages({ layers, widths, squeeze, dropPath }: FastVitSettings): Stage[] {
  const rates = dropPathRates(
    layers.reduce((sum, count) => sum + count, 0),
    dropPath,
  );
  let at = 0;
  return layers.map((count, stage) => {
    const [path, width] = [`stages.${stage}`, widths[stage]!];
    const attends = stage === layers.length - 1;
    const blocks = Array.from({ length: count }, (_, i) => ({
      ...{ path: `${path}.blocks.${i}`, width, attends, dropPath: rates[at++]! },
    }));
    const reduction = `${path}.downsample.proj`;
    return {
      reduction:
        stage === 0
          ? []
          : [
              largeKernel(`${reduction}.0`, widths[stage - 1]!, width, squeeze[stage]!),
              mobileOne(`${reduction}.1`, { in: width, out: width, kernel: 1 }),
            ],
      ...(attends && { positions: `${path}.pos_emb.pos_enc` }),
      ...{ width, blocks },
    };
  });
}

function initStage(
  key: Key,
  { reduction, positions, width, blocks }: Stage,
  settings: FastVitSettings,
): Params {
  const filter = `${positions ?? ''}.weight`;
  const sides = [width, 1, positionKernel, positionKernel] as const;
  return mergeParams(
    ...reduction.map((each) => initBranches(key, each)),
    positions === undefined
      ? {}
      : {
          [filter]: normalInit(foldIn(key, filter), [...sides], 0.02),
          [`${positions}.bias`]: zeros([width]),
        },
    ...blocks.map((block) => initBlock(key, block, settings)),
  );
}

/** Conditional positions (Chu et al. 2021): a 7×7 convolution of each channel, added. */
function withPlaces(params: Params, path: string, x: Tensor4D): Tensor4D {
  const near = depthwiseConv2d(params, path, x, { padding: (positionKernel - 1) / 2 });
  return add(x, add(near, parameter(params, `${path}.bias`)));
}
