import { ConfigError } from '@crossweave/core';
import { count, readOptions, requireDivisor, type Checks } from '@crossweave/core/authoring';
import {
  convolutionalChecks,
  convolutionalDefaults,
  stagesCheck,
  type ConvolutionalOptions,
} from '../convolutional-options';
import { sizeCheck, type ImageSize } from '../image-size';

export interface ClipResNetOptions extends ConvolutionalOptions {
  /** Number of blocks of each stage. Default [3, 4, 6, 3]. */
  layers?: readonly number[];
  /**
   * Width of each stage's blocks, whose output has four times as many channels. The first width, an
   * even number, is also the width of the stem. Default [64, 128, 256, 512].
   */
  widths?: readonly number[];
  /** Heads of the attention pool; divides four times the last width. Default 32. */
  heads?: number;
  /** Width of the shared embedding of tokens and pooled. Default 1024. */
  projection?: number;
  /**
   * Size of the pictures for which the attention pool has learned positions: the size with which a
   * checkpoint was trained. For a different size the positions are interpolated (bicubic). Default:
   * `imageSize`, or 224 if that is `'any'`.
   */
  positionSize?: ImageSize;
}

export type ClipResNetSettings = Required<ClipResNetOptions>;

/** The values that a preset fixes. */
export type ClipResNetPreset = Required<
  Pick<ClipResNetOptions, 'layers' | 'widths' | 'heads' | 'projection'>
> & { readonly imageSize: ImageSize };

const checks: Checks<ClipResNetOptions> = {
  ...convolutionalChecks,
  layers: stagesCheck,
  widths: stagesCheck,
  heads: count(),
  projection: count(),
  positionSize: sizeCheck,
};

/**
 * @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit each other.
 */
export function clipResNetSettings(
  where: string,
  options: ClipResNetOptions,
  preset: ClipResNetPreset,
): ClipResNetSettings {
  const settings = readOptions<ClipResNetOptions>(
    where,
    options,
    ({ imageSize = preset.imageSize }) => ({
      ...convolutionalDefaults,
      ...preset,
      positionSize: imageSize === 'any' ? preset.imageSize : imageSize,
    }),
    checks,
  );
  const { layers, widths, heads } = settings;
  if (layers.length !== widths.length) {
    throw new ConfigError('"layers" and "widths" must list a number for each stage', {
      where,
      expected: 'two lists of the same length',
      got: { layers, widths },
    });
  }
  if (widths[0]! % 2 !== 0) {
    throw new ConfigError('"widths[0]" is odd', {
      where,
      expected: 'an even number: the first convolutions of the stem have half as many channels',
      got: widths[0],
    });
  }
  requireDivisor(where, ['heads', heads], ['4 · widths.at(-1)', 4 * widths.at(-1)!]);
  return settings;
}
