import { requireInteger, withDefaults } from '@crossweave/core';
import type { Activation } from '@crossweave/core/nn';
import type { ImageSize } from '../image-size';
import { checkSettings } from '../transformer/check-settings';

export interface ClipViTOptions {
  /** Size of the pictures, a multiple of the patches'; `'any'` leaves it open. Default 224. */
  imageSize?: ImageSize | 'any';
  /**
   * Size of the pictures that the learned positions are for: what a checkpoint was trained with.
   * Pictures of another size get positions interpolated (bicubic). Default: `imageSize`, or the
   * preset's when that is `'any'`.
   */
  positionSize?: ImageSize;
  /** Side of the square patches. Default 32. */
  patchSize?: number;
  /** Width of the transformer. Default 768. */
  dim?: number;
  /** Transformer layers. Default 12. */
  layers?: number;
  /** Attention heads; divides `dim`. Default 12. */
  heads?: number;
  /** Width of the feed-forward layers. Default 4·`dim`. */
  hidden?: number;
  /** Default `'quickGelu'`, OpenAI's; most of open_clip's own checkpoints have `'gelu'`. */
  activation?: Activation;
  /**
   * Width of the shared embedding that `visual_projection` maps tokens and pooled to; false leaves
   * the layer out, and both have width `dim`. Default 512.
   */
  projection?: number | false;
  /** Of the layer norms, in [0, 1]. Default 1e-5. */
  epsilon?: number;
  /** Of embeddings, attention weights and each part's result, in [0, 1). Default 0. */
  dropout?: number;
  /**
   * Stochastic depth: in training both residuals of the last layer are dropped with this
   * probability in [0, 1), those of the others with linearly less, down to 0 for the first.
   * Default 0.
   */
  dropPath?: number;
  /** Share of the patches that a training pass leaves out, in [0, 1). Default 0. */
  patchDropout?: number;
}

export type ClipViTSettings = Required<ClipViTOptions>;

/** What a preset fixes; the rest has one default for all. */
export type ClipViTPreset = Required<
  Pick<ClipViTOptions, 'patchSize' | 'dim' | 'layers' | 'heads' | 'projection'>
> & { readonly imageSize: ImageSize };

/** @throws ConfigError for an unknown option or one out of range. */
export function clipViTSettings(
  where: string,
  options: ClipViTOptions,
  preset: ClipViTPreset,
): ClipViTSettings {
  const { imageSize = preset.imageSize } = options;
  const settings = withDefaults<ClipViTOptions>(where, options, {
    hidden: 4 * (options.dim ?? preset.dim),
    positionSize: imageSize === 'any' ? preset.imageSize : imageSize,
    activation: 'quickGelu',
    epsilon: 1e-5,
    dropout: 0,
    dropPath: 0,
    patchDropout: 0,
    ...preset,
  });
  const { projection, ...others } = settings;
  if (projection !== false) requireInteger(where, 'projection', projection);
  checkSettings(where, { ...others, pooling: 'class' });
  return settings;
}
