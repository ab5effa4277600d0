import { ConfigError, requireInteger, requireRange, withDefaults } from '@crossweave/core';
import { heightAndWidth, type ImageSize } from '../image-size';

export interface ViTOptions {
  /** Size of the pictures, a multiple of the patches'; there is one learned position a patch. Default 224. */
  imageSize?: ImageSize;
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
  /** Of embeddings, attention weights and each part's result, in [0, 1). Default 0. */
  dropout?: number;
  /** Standard deviation of the initial weights. Default 0.02. */
  initializerRange?: number;
}

export type ViTSettings = Required<ViTOptions>;

/** What a preset fixes; the rest has one default for all. */
export type ViTPreset = Required<
  Pick<ViTOptions, 'imageSize' | 'patchSize' | 'dim' | 'layers' | 'heads'>
>;

/** @throws ConfigError for an unknown option or one out of range. */
export function viTSettings(where: string, options: ViTOptions, preset: ViTPreset): ViTSettings {
  const settings = withDefaults<ViTOptions>(where, options, {
    hidden: 4 * (options.dim ?? preset.dim),
    dropout: 0,
    initializerRange: 0.02,
    ...preset,
  });
  const { dim, heads, patchSize, imageSize } = settings;
  for (const name of ['patchSize', 'dim', 'layers', 'heads', 'hidden'] as const) {
    requireInteger(where, name, settings[name]);
  }
  requireRange(where, 'dropout', settings.dropout, 0, 0.999);
  requireRange(where, 'initializerRange', settings.initializerRange, 0, 1);
  if (dim % heads !== 0) {
    throw new ConfigError('"heads" must divide "dim"', {
      where,
      expected: `a divisor of ${dim}`,
      got: heads,
    });
  }
  if (heightAndWidth(where, imageSize).some((side) => side % patchSize !== 0)) {
    throw new ConfigError('"imageSize" is no multiple of "patchSize"', {
      where,
      expected: `multiples of ${patchSize}`,
      got: imageSize,
    });
  }
  return settings;
}
