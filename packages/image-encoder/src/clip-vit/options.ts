import { anyOf, count, exactly, readOptions, type Checks } from '@crossweave/core/authoring';
import type { Activation } from '@crossweave/core/nn';
import {
  requireFittingSizes,
  visionTransformerChecks,
  visionTransformerDefaults,
  type VisionTransformerOptions,
  type VisionTransformerPreset,
} from '../transformer/options';

/**
 * The defaults are those of ViT-B/32: `patchSize` 32, `dim` 768, 12 `layers`, 12 `heads`, `epsilon`
 * 1e-5.
 */
export interface ClipViTOptions extends VisionTransformerOptions {
  /**
   * Activation of the feed-forward layers. Default `'quickGelu'`, as in OpenAI's checkpoints; most
   * checkpoints of open_clip need `'gelu'`.
   */
  activation?: Activation;
  /**
   * Width of the shared embedding to which `visual_projection` maps tokens and pooled. With false
   * there is no projection, and both have width `dim`. Default 512.
   */
  projection?: number | false;
}

export type ClipViTSettings = Required<ClipViTOptions>;
export type ClipViTPreset = VisionTransformerPreset & Required<Pick<ClipViTOptions, 'projection'>>;

const checks: Checks<ClipViTOptions> = {
  ...visionTransformerChecks,
  projection: anyOf(count(), exactly(false)),
};

/**
 * @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit each other.
 */
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
