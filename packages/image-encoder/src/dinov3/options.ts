import { ConfigError } from '@crossweave/core';
import { number, readOptions, type Checks } from '@crossweave/core/authoring';
import { dinoChecks, dinoDefaults, type DinoOptions } from '../dinov2/options';
import { requireFittingSizes, visionTransformerDefaults } from '../transformer/options';
import type { ImageSize } from '../image-size';

/** Learned positions are what DINOv3 has not; patches without a place cannot be left out. */
type Shared = Omit<DinoOptions, 'positionSize' | 'patchDropout'>;

/**
 * The defaults are those of DINOv3's ViT-S/16: `patchSize` 16, `dim` 384, 12 `layers`, 6 `heads`,
 * 4 `registers`, `'gelu'`, `epsilon` 1e-5. The width of a head, `dim` / `heads`, is a multiple of 4.
 */
export interface Dinov3Options extends Shared {
  /** Base of the frequencies of the rotation. Default 100. */
  theta?: number;
}

export type Dinov3Settings = Required<Dinov3Options> & {
  readonly positionSize: ImageSize;
  readonly patchDropout: number;
};

const {
  positionSize: _position,
  patchDropout: _dropout,
  ...shared
} = dinoChecks as Required<Checks<DinoOptions>>;

const checks: Checks<Dinov3Options> = { ...shared, theta: number({ above: 1 }) };

export const dinov3Small = {
  ...{ imageSize: 224, patchSize: 16, dim: 384, layers: 12, heads: 6 },
} as const;

/**
 * @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit each other.
 */
export function dinov3Settings(where: string, options: Dinov3Options): Dinov3Settings {
  const own = readOptions<Dinov3Options>(
    where,
    options,
    (given) => {
      const { positionSize, patchDropout, ...defaults } = visionTransformerDefaults(
        given,
        dinov3Small,
      );
      return { ...defaults, ...dinoDefaults, epsilon: 1e-5, registers: 4, theta: 100 };
    },
    checks,
  );
  const positionSize = own.imageSize === 'any' ? dinov3Small.imageSize : own.imageSize;
  const settings = { ...own, positionSize, patchDropout: 0 };
  requireFittingSizes(where, settings);
  const { dim, heads } = settings;
  if ((dim / heads) % 4 !== 0) {
    throw new ConfigError('the width of a head has no angles for two sides', {
      where,
      expected: '"dim" / "heads" a multiple of 4',
      got: dim / heads,
    });
  }
  return settings;
}
