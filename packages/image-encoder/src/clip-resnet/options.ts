import { ConfigError, requireInteger, requireRange, withDefaults } from '@crossweave/core';
import { heightAndWidth, type ImageSize } from '../image-size';

export interface ClipResNetOptions {
  /** Blocks of each stage. Default [3, 4, 6, 3]. */
  layers?: readonly number[];
  /**
   * Width of each stage's blocks, which give four times it; the first, an even number, is the
   * stem's too. Default [64, 128, 256, 512].
   */
  widths?: readonly number[];
  /** Heads of the attention pool; divides four times the last width. Default 32. */
  heads?: number;
  /** Width of the shared embedding that tokens and pooled lie in. Default 1024. */
  projection?: number;
  /** Size of the pictures, which fixes the number of tokens; `'any'` leaves it open. Default 224. */
  imageSize?: ImageSize | 'any';
  /**
   * Size of the pictures that the attention pool's positions are for: what a checkpoint was
   * trained with. Pictures of another size get positions interpolated (bicubic). Default:
   * `imageSize`, or 224 when that is `'any'`.
   */
  positionSize?: ImageSize;
  /**
   * Batch norm uses and leaves the stored statistics in training too; its weight and bias still
   * have gradients. Default false.
   */
  frozenBatchNorm?: boolean;
  /**
   * Stochastic depth: in training the residual of the last block is dropped with this probability
   * in [0, 1), that of the others with linearly less, down to 0 for the first. Default 0.
   */
  dropPath?: number;
}

export type ClipResNetSettings = Required<ClipResNetOptions>;

/** What a preset fixes; the rest has one default for all. */
export type ClipResNetPreset = Required<
  Pick<ClipResNetOptions, 'layers' | 'widths' | 'heads' | 'projection'>
> & { readonly imageSize: ImageSize };

/** @throws ConfigError for an unknown option or one out of range. */
export function clipResNetSettings(
  where: string,
  options: ClipResNetOptions,
  preset: ClipResNetPreset,
): ClipResNetSettings {
  const { imageSize = preset.imageSize } = options;
  const settings = withDefaults<ClipResNetOptions>(where, options, {
    positionSize: imageSize === 'any' ? preset.imageSize : imageSize,
    frozenBatchNorm: false,
    dropPath: 0,
    ...preset,
  });
  const { layers, widths, heads, projection, positionSize, dropPath } = settings;
  checkStages(where, layers, widths);
  requireInteger(where, 'heads', heads);
  requireInteger(where, 'projection', projection);
  requireRange(where, 'dropPath', dropPath, 0, 0.999);
  if (settings.imageSize !== 'any') heightAndWidth(where, settings.imageSize);
  heightAndWidth(where, positionSize);
  const dim = 4 * widths.at(-1)!;
  if (dim % heads !== 0) {
    throw new ConfigError('"heads" must divide the width of the last stage', {
      where,
      expected: `a divisor of ${dim}`,
      got: heads,
    });
  }
  return settings;
}

function checkStages(where: string, layers: readonly number[], widths: readonly number[]): void {
  // Options come from config files too.
  if (!Array.isArray(layers) || !Array.isArray(widths) || layers.length !== widths.length) {
    throw new ConfigError('"layers" and "widths" must list a number for each stage', {
      where,
      expected: 'two lists of one length',
      got: { layers, widths },
    });
  }
  requireInteger(where, 'layers.length', layers.length);
  layers.forEach((value: number, stage) => requireInteger(where, `layers[${stage}]`, value));
  widths.forEach((value: number, stage) => requireInteger(where, `widths[${stage}]`, value));
  if (widths[0] % 2 !== 0) {
    throw new ConfigError('"widths[0]" is odd', {
      where,
      expected: 'an even number: the stem starts with half of it',
      got: widths[0] as unknown,
    });
  }
}
