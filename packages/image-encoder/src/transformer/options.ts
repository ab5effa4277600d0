import { ConfigError } from '@crossweave/core';
import {
  count,
  dropRate,
  number,
  oneOf,
  requireDivisor,
  type Checks,
} from '@crossweave/core/authoring';
import { activations, type Activation } from '@crossweave/core/nn';
import { anySizeCheck, heightAndWidth, sizeCheck, type ImageSize } from '../image-size';

/** Options that all vision transformers have. The default sizes are those of the preset. */
export interface VisionTransformerOptions {
  /**
   * Size of the pictures, a multiple of the patch size; `'any'` accepts pictures of every size.
   * Default 224.
   */
  imageSize?: ImageSize | 'any';
  /**
   * Size of the pictures for which there are learned positions, one for each patch: the size with
   * which a checkpoint was trained. For a different size the positions are interpolated (bicubic).
   * Default: `imageSize`, or the preset's size if that is `'any'`.
   */
  positionSize?: ImageSize;
  /** Side of the square patches. */
  patchSize?: number;
  /** Width of the transformer. */
  dim?: number;
  /** Transformer layers. */
  layers?: number;
  /** Attention heads; divides `dim`. */
  heads?: number;
  /** Width of the feed-forward layers. Default 4·`dim`. */
  hidden?: number;
  /** Activation of the feed-forward layers. */
  activation?: Activation;
  /** Epsilon of the layer norms, in (0, 1]. */
  epsilon?: number;
  /**
   * Dropout rate of embeddings, attention weights and the result of each sublayer, in [0, 1).
   * Default 0.
   */
  dropout?: number;
  /**
   * Stochastic depth: in training both residuals of the last layer are dropped with this probability
   * in [0, 1). The probability falls linearly over the layers to 0 for the first (timm's rule).
   * Default 0.
   */
  dropPath?: number;
  /** Share of the patches that are dropped in training, in [0, 1). Default 0. */
  patchDropout?: number;
}

export type VisionTransformerSettings = Required<VisionTransformerOptions>;

/** The values that a preset fixes. */
export type VisionTransformerPreset = Required<
  Pick<VisionTransformerOptions, 'patchSize' | 'dim' | 'layers' | 'heads'>
> & { readonly imageSize: ImageSize };

export const visionTransformerChecks: Checks<VisionTransformerOptions> = {
  imageSize: anySizeCheck,
  positionSize: sizeCheck,
  patchSize: count(),
  dim: count(),
  layers: count(),
  heads: count(),
  hidden: count(),
  activation: oneOf(...Object.keys(activations)),
  epsilon: number({ above: 0, max: 1 }),
  dropout: dropRate(),
  dropPath: dropRate(),
  patchDropout: dropRate(),
};

/**
 * The values of the preset, and the defaults that are common to all presets or depend on other
 * options.
 */
export function visionTransformerDefaults<Preset extends VisionTransformerPreset>(
  given: VisionTransformerOptions,
  preset: Preset,
): Preset &
  Pick<
    VisionTransformerSettings,
    'hidden' | 'positionSize' | 'dropout' | 'dropPath' | 'patchDropout'
  > {
  const { imageSize = preset.imageSize, dim = preset.dim } = given;
  return {
    ...preset,
    hidden: 4 * dim,
    positionSize: imageSize === 'any' ? preset.imageSize : imageSize,
    dropout: 0,
    dropPath: 0,
    patchDropout: 0,
  };
}

/** @throws ConfigError for sizes that do not fit each other. */
export function requireFittingSizes(where: string, settings: VisionTransformerSettings): void {
  const { dim, heads, patchSize, imageSize, positionSize } = settings;
  requireDivisor(where, ['heads', heads], ['dim', dim]);
  if (imageSize !== 'any') requirePatches(where, 'imageSize', imageSize, patchSize);
  requirePatches(where, 'positionSize', positionSize, patchSize);
}

function requirePatches(where: string, name: string, size: ImageSize, patchSize: number): void {
  if (heightAndWidth(size).every((side) => side % patchSize === 0)) return;
  throw new ConfigError(`"${name}" is not a multiple of "patchSize"`, {
    where,
    expected: `multiples of ${patchSize}`,
    got: size,
  });
}
