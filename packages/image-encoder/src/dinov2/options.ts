import { count, number, oneOf, readOptions, type Checks } from '@crossweave/core/authoring';
import {
  requireFittingSizes,
  visionTransformerChecks,
  visionTransformerDefaults,
  type VisionTransformerOptions,
  type VisionTransformerPreset,
} from '../transformer/options';

/**
 * The defaults are those of DINOv2's ViT-B/14: `patchSize` 14, `dim` 768, 12 `layers`, 12 `heads`,
 * `'gelu'`, `epsilon` 1e-6, positions for 518 pixels.
 */
export interface DinoOptions extends VisionTransformerOptions {
  /** Tokens without a place, after the class token (Darcet et al. 2023). Default 0. */
  registers?: number;
  /** Whether `pooled` is the class token or the mean of the patches' tokens. Default `'class'`. */
  pooling?: 'class' | 'mean';
  /** Standard deviation of the initial weights, in (0, 1]. Default 0.02. */
  initializerRange?: number;
}

export type DinoSettings = Required<DinoOptions>;

export const dinoChecks: Checks<Omit<DinoOptions, keyof VisionTransformerOptions>> = {
  registers: count(0),
  pooling: oneOf('class', 'mean'),
  initializerRange: number({ above: 0, max: 1 }),
};

export const dinoDefaults = {
  activation: 'gelu',
  registers: 0,
  pooling: 'class',
  initializerRange: 0.02,
} as const;

/** Side of the pictures that the published positions are for. */
const trainedSize = 518;

/**
 * @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit each other.
 */
export function dinov2Settings(
  where: string,
  options: DinoOptions,
  preset: VisionTransformerPreset,
): DinoSettings {
  const settings = readOptions<DinoOptions>(
    where,
    options,
    (given) => ({
      ...visionTransformerDefaults(given, preset),
      ...dinoDefaults,
      positionSize: trainedSize,
      epsilon: 1e-6,
    }),
    { ...visionTransformerChecks, ...dinoChecks },
  );
  requireFittingSizes(where, settings);
  return settings;
}
