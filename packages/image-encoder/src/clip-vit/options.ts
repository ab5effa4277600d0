import { anyOf, count, exactly, readOptions, type Checks } from '@crossweave/core/authoring';
import type { Activation } from '@crossweave/core/nn';
import {
  requireFittingSizes,
  visionTransformerChecks,
  visionTransformerDefaults,
  type VisionTransformerOptions,
  type VisionTransformerPreset,
} from '../transformer/options';

/** Defaults are ViT-B/32's: patches of 32, `dim` 768, 12 `layers`, 12 `heads`, `epsilon` 1e-5. */
export interface ClipViTOptions extends VisionTransformerOptions {
  /** Default `'quickGelu'`, OpenAI's; most of open_clip's own checkpoints have `'gelu'`. */
  activation?: Activation;
  /**
   * Width of the shared embedding that `visual_projection` maps tokens and pooled to; false leaves
   * the layer out, and both have width `dim`. Default 512.
   */
  projection?: number | false;
}

export type ClipViTSettings = Required<ClipViTOptions>;
export type ClipViTPreset = VisionTransformerPreset & Required<Pick<ClipViTOptions, 'projection'>>;

const checks: Checks<ClipViTOptions> = {
  ...visionTransformerChecks,
  projection: anyOf(count(), exactly(false)),
};

/** @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit one another. */
export function clipViTSettings(
  where: string,
  options: ClipViTOptions,
  preset: ClipViTPreset,
): ClipViTSettings {
  const settings = readOptions<ClipViTOptions>(
    where,
    options,
    (given) => ({
      ...visionTransformerDefaults(given, preset),
      activation: 'quickGelu',
      epsilon: 1e-5,
    }),
    checks,
  );
  requireFittingSizes(where, settings);
  return settings;
}
