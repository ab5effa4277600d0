import { ConfigError, lookUp, requireInteger, requireRange, withDefaults } from '@crossweave/core';
import { heightAndWidth, type ImageSize } from '../image-size';
import { blocks, type BlockKind } from './blocks';
import { stems, type StemKind } from './stem';

export interface ResNetOptions {
  /** Two 3×3 convolutions, or 1×1, 3×3, 1×1 with four times the width at the end. Default `'basic'`. */
  block?: BlockKind;
  /** Blocks of each stage. Default [2, 2, 2, 2]. */
  layers?: readonly number[];
  /** Width of each stage's blocks; a bottleneck stage gives four times it. Default [64, 128, 256, 512]. */
  widths?: readonly number[];
  /** Stride of each stage's first block. Default 1 for the first stage, 2 for the others. */
  strides?: readonly number[];
  /** 7×7 convolution and max pooling (stride 2 each), or one 3×3 convolution. Default `'imagenet'`. */
  stem?: StemKind;
  /** Channels of the stem. Default: the first of `widths`. */
  stemWidth?: number;
  /** Stride of the stem's convolution. Default 2 for `'imagenet'`, 1 for `'small'`. */
  stemStride?: number;
  /** Size of the pictures, which fixes the number of tokens; `'any'` leaves it open. Default 224. */
  imageSize?: ImageSize | 'any';
  /**
   * Batch norm uses and leaves the stored statistics in training too. For fine-tuning with
   * small batches; its weight and bias still have gradients. Default false.
   */
  frozenBatchNorm?: boolean;
  /**
   * Each block starts as the identity: the last batch norm's weight is 0 (Goyal et al. 2017).
   * Default false, as torchvision.
   */
  zeroInitResidual?: boolean;
  /**
   * Stochastic depth: in training the residual of the last block is dropped with this probability
   * in [0, 1), that of the others with linearly less, down to 0 for the first (timm's rule).
   * Default 0.
   */
  dropPath?: number;
}

export type ResNetSettings = Required<ResNetOptions>;

/** What a preset fixes; the rest has one default for all. */
export type ResNetPreset = ResNetOptions &
  Required<Pick<ResNetOptions, 'block' | 'layers' | 'widths' | 'stem' | 'imageSize'>>;

/** @throws ConfigError for an unknown option or one out of range. */
export function resNetSettings(
  where: string,
  options: ResNetOptions,
  preset: ResNetPreset,
): ResNetSettings {
  const widths = options.widths ?? preset.widths;
  requireWholeNumbers(where, 'widths', widths);
  const stem = options.stem ?? preset.stem;
  const { stride } = lookUp(`${where}: "stem"`, stems, stem);
  const settings = withDefaults<ResNetOptions>(where, options, {
    strides: widths.map((_, stage) => (stage === 0 ? 1 : 2)),
    stemWidth: widths[0]!,
    stemStride: stride,
    frozenBatchNorm: false,
    zeroInitResidual: false,
    dropPath: 0,
    ...preset,
  });
  lookUp(`${where}: "block"`, blocks, settings.block);
  for (const name of ['layers', 'strides'] as const) {
    requireWholeNumbers(where, name, settings[name]);
    if (settings[name].length !== widths.length) {
      throw new ConfigError(`"${name}" and "widths" disagree on the number of stages`, {
        where,
        expected: `${widths.length} numbers`,
        got: settings[name],
        advice: 'Give one number of each per stage.',
      });
    }
  }
  for (const name of ['stemWidth', 'stemStride'] as const) {
    requireInteger(where, name, settings[name]);
  }
  requireRange(where, 'dropPath', settings.dropPath, 0, 0.999);
  if (settings.imageSize !== 'any') heightAndWidth(where, settings.imageSize);
  return settings;
}

function requireWholeNumbers(where: string, name: string, values: readonly number[]): void {
  // Options come from config files too.
  if (!Array.isArray(values) || values.length === 0) {
    throw new ConfigError(`"${name}" must list a number for each stage`, {
      where,
      expected: 'a list such as [64, 128, 256, 512]',
      got: values,
    });
  }
  values.forEach((value: number, stage) => requireInteger(where, `${name}[${stage}]`, value));
}
