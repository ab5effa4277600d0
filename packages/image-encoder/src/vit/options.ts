import { requireRange, withDefaults } from '@crossweave/core';
import type { Activation } from '@crossweave/core/nn';
import type { ImageSize } from '../image-size';
import { checkSettings } from '../transformer/check-settings';

export interface ViTOptions {
  /** Size of the pictures, a multiple of the patches'; `'any'` leaves it open. Default 224. */
  imageSize?: ImageSize | 'any';
  /**
   * Size of the pictures that the learned positions are for, one a patch: what a checkpoint was
   * trained with. Pictures of another size get positions interpolated (bicubic). Default:
   * `imageSize`, or the preset's when that is `'any'`.
   */
  positionSize?: ImageSize;
  /** Side of the square patches. Default 16. */
  patchSize?: number;
  /** D. Default 768. */
  dim?: number;
  /** Transformer layers. Default 12. */
  layers?: number;
  /** Attention heads; divides `dim`. Default 12. */
  heads?: number;
  /** Width of the feed-forward layers. Default 4·`dim`. */
  hidden?: number;
  /** Of the feed-forward layers. Default `'gelu'`. */
  activation?: Activation;
  /** Of the layer norms, in [0, 1]. Default 1e-12 as Hugging Face; timm's checkpoints have 1e-6. */
  epsilon?: number;
  /** What `pooled` is: the class token, or the mean of the patches' tokens. Default `'class'`. */
  pooling?: 'class' | 'mean';
  /** Of embeddings, attention weights and each part's result, in [0, 1). Default 0. */
  dropout?: number;
  /**
   * Stochastic depth: in training both residuals of the last layer are dropped with this
   * probability in [0, 1), those of the others with linearly less, down to 0 for the first
   * (timm's rule). Default 0.
   */
  dropPath?: number;
  /** Share of the patches that a training pass leaves out, in [0, 1). Default 0. */
  patchDropout?: number;
  /** Standard deviation of the initial weights. Default 0.02. */
  initializerRange?: number;
}

export type ViTSettings = Required<ViTOptions>;

/** What a preset fixes; the rest has one default for all. */
export type ViTPreset = Required<Pick<ViTOptions, 'patchSize' | 'dim' | 'layers' | 'heads'>> & {
  readonly imageSize: ImageSize;
};

/** @throws ConfigError for an unknown option or one out of range. */
export function viTSettings(where: string, options: ViTOptions, preset: ViTPreset): ViTSettings {
  const { imageSize = preset.imageSize } = options;
  const settings = withDefaults<ViTOptions>(where, options, {
    hidden: 4 * (options.dim ?? preset.dim),
    positionSize: imageSize === 'any' ? preset.imageSize : imageSize,
    activation: 'gelu',
    epsilon: 1e-12,
    pooling: 'class',
    dropout: 0,
    dropPath: 0,
    patchDropout: 0,
    initializerRange: 0.02,
    ...preset,
  });
  requireRange(where, 'initializerRange', settings.initializerRange, 0, 1);
  checkSettings(where, settings);
  return settings;
}
