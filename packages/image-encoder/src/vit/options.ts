import { number, oneOf, readOptions, type Checks } from '@crossweave/core/authoring';
import {
  requireFittingSizes,
  visionTransformerChecks,
  visionTransformerDefaults,
  type VisionTransformerOptions,
  type VisionTransformerPreset,
} from '../transformer/options';

/**
 * The defaults are those of ViT-B/16: `patchSize` 16, `dim` 768, 12 `layers`, 12 `heads`, `'gelu'`.
 */
export interface ViTOptions extends VisionTransformerOptions {
  /**
   * Epsilon of the layer norms, in (0, 1]. Default 1e-12, as in Hugging Face; timm's checkpoints
   * need 1e-6.
   */
  epsilon?: number;
  /** Whether `pooled` is the class token or the mean of the patches' tokens. Default `'class'`. */
  pooling?: 'class' | 'mean';
  /** Standard deviation of the initial weights, in (0, 1]. Default 0.02. */
  initializerRange?: number;
}

export type ViTSettings = Required<ViTOptions>;
export type ViTPreset = VisionTransformerPreset;

const checks: Checks<ViTOptions> = {
  ...visionTransformerChecks,
  pooling: oneOf('class', 'mean'),
  initializerRange: number({ above: 0, max: 1 }),
};

/**
 * @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit each other.
 */
export function viTSettings(where: string, options: ViTOptions, preset: ViTPreset): ViTSettings {
  const settings = readOptions<ViTOptions>(
    where,
    options,
    (given) => ({
      ...visionTransformerDefaults(given, preset),
      activation: 'gelu',
      epsilon: 1e-12,
      pooling: 'class',
      initializerRange: 0.02,
    }),
    checks,
  );
  requireFittingSizes(where, settings);
  return settings;
}
