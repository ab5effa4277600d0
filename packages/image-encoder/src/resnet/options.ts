import { ConfigError } from '@crossweave/core';
import { boolean, count, oneOf, readOptions, type Checks } from '@crossweave/core/authoring';
import {
  convolutionalChecks,
  convolutionalDefaults,
  stagesCheck,
  type ConvolutionalOptions,
} from '../convolutional-options';
import { blocks, type BlockKind } from './blocks';
import { stems, type StemKind } from './stem';

export interface ResNetOptions extends ConvolutionalOptions {
  /**
   * The residual block: two 3×3 convolutions (`basic`), or convolutions of 1×1, 3×3 and 1×1 with
   * four times the width at the end (`bottleneck`). Default `'basic'`.
   */
  block?: BlockKind;
  /** Number of blocks of each stage. Default [2, 2, 2, 2]. */
  layers?: readonly number[];
  /**
   * Width of each stage's blocks; the output of bottleneck blocks has four times as many channels.
   * Default [64, 128, 256, 512].
   */
  widths?: readonly number[];
  /** Stride of each stage's first block. Default 1 for the first stage, 2 for the others. */
  strides?: readonly number[];
  /**
   * The stem: a 7×7 convolution and max pooling with stride 2 each (`imagenet`), or one 3×3
   * convolution (`small`). Default `'imagenet'`.
   */
  stem?: StemKind;
  /** Channels of the stem. Default: the first entry of `widths`. */
  stemWidth?: number;
  /** Stride of the stem's convolution. Default 2 for `'imagenet'`, 1 for `'small'`. */
  stemStride?: number;
  /**
   * Whether the weight of each block's last batch norm is initially 0, so that the block is the
   * identity (Goyal et al. 2017). Default false, as in torchvision.
   */
  zeroInitResidual?: boolean;
}

export type ResNetSettings = Required<ResNetOptions>;

/** The values that a preset fixes. */
export type ResNetPreset = ResNetOptions &
  Required<Pick<ResNetOptions, 'block' | 'layers' | 'widths' | 'stem' | 'imageSize'>>;

const checks: Checks<ResNetOptions> = {
  ...convolutionalChecks,
  block: oneOf(...Object.keys(blocks)),
  layers: stagesCheck,
  widths: stagesCheck,
  strides: stagesCheck,
  stem: oneOf(...Object.keys(stems)),
  stemWidth: count(),
  stemStride: count(),
  zeroInitResidual: boolean(),
};

/** @throws ConfigError for an unknown option, a wrong value, or lists of unequal lengths. */
export function resNetSettings(
  where: string,
  options: ResNetOptions,
  preset: ResNetPreset,
): ResNetSettings {
  const settings = readOptions<ResNetOptions>(
    where,
    options,
    ({ widths = preset.widths, stem = preset.stem }) => ({
      ...convolutionalDefaults,
      strides: widths.map((_, stage) => (stage === 0 ? 1 : 2)),
      stemWidth: widths[0]!,
      stemStride: stems[stem].stride,
      zeroInitResidual: false,
      ...preset,
    }),
    checks,
  );
  for (const name of ['layers', 'strides'] as const) {
    const stages = settings.widths.length;
    if (settings[name].length === stages) continue;
    throw new ConfigError(`"${name}" and "widths" disagree on the number of stages`, {
      where,
      expected: `${stages} numbers`,
      got: settings[name],
      advice: 'Give one number per stage in each of these lists.',
    });
  }
  return settings;
}
