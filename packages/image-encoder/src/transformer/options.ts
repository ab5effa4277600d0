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

/** Options that all vision transformers have; sizes are by default those of the preset. */
export interface VisionTransformerOptions {
  /** Size of the pictures, a multiple of the patches'; `'any'` leaves it open. Default 224. */
  imageSize?: ImageSize | 'any';
  /**
   * Size of the pictures that the learned positions are for, one a patch: what a checkpoint was
   * trained with. Pictures of another size get positions interpolated (bicubic). Default:
   * `imageSize`, or the preset's when that is `'any'`.
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
  /** Of the feed-forward layers. */
  activation?: Activation;
  /** Of the layer norms, in (0, 1]. */
  epsilon?: number;
  /** Of embeddings, attention weights and each part's result, in [0, 1). Default 0. */
  dropout?: number;
  /**
   * Stochastic depth: in training both residuals of the last layer are dropped with this probability
   * in [0, 1). The probability falls linearly over the layers to 0 for the first (timm's rule).
   * Default 0.
   */
  dropPath?: number;
  /** Share of the patches that a training pass leaves out, in [0, 1). Default 0. */
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

/** The preset, and the defaults that are the same for all or follow from other options. */
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

/** @throws ConfigError for sizes that do not fit one another. */
export function requireFittingSizes(where: string, settings: VisionTransformerSettings): void {
  const { dim, heads, patchSize, imageSize, positionSize } = settings;
  requireDivisor(where, ['heads', heads], ['dim', dim]);
  if (imageSize !== 'any') requirePatches(where, 'imageSize', imageSize, patchSize);
  requirePatches(where, 'positionSize', positionSize, patchSize);
}

function requirePatches(where: string, name: string, size: ImageSize, patchSize: number): void {
  if (heightAndWidth(size).every((side) => side % patchSize === 0)) return;
  throw new ConfigError(`"${name}" is no multiple of "patchSize"`, {
    where,
    expected: `multiples of ${patchSize}`,
    got: size,
  });
}
