import { readOptions } from '@crossweave/core/authoring';
import {
  requireFittingSizes,
  visionTransformerChecks,
  visionTransformerDefaults,
  type VisionTransformerOptions,
  type VisionTransformerPreset,
  type VisionTransformerSettings,
} from '../transformer/options';

/**
 * Defaults are SigLIP base's: patches of 16, `dim` 768, 12 `layers`, 12 `heads`, `'geluTanh'`,
 * `epsilon` 1e-6.
 */
export type SiglipViTOptions = VisionTransformerOptions;

/** @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit one another. */
export function siglipViTSettings(
  where: string,
  options: SiglipViTOptions,
  preset: VisionTransformerPreset,
): VisionTransformerSettings {
  const settings = readOptions<SiglipViTOptions>(
    where,
    options,
    (given) => ({
      ...visionTransformerDefaults(given, preset),
      activation: 'geluTanh',
      epsilon: 1e-6,
    }),
    visionTransformerChecks,
  );
  requireFittingSizes(where, settings);
  return settings;
}
