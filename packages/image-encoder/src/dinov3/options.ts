import { ConfigError } from '@crossweave/core';
import { number, readOptions, type Checks } from '@crossweave/core/authoring';
import { dinoChecks, dinoDefaults, type DinoOptions } from '../dinov2/options';
import type { ImageSize } from '../image-size';
import {
  requireFittingSizes,
  visionTransformerChecks,
  visionTransformerDefaults,
} from '../transformer/options';

/** DINOv3 has no learned positions, and patches that are turned by their place cannot be left out. */
type Absent = 'positionSize' | 'patchDropout';

/**
 * The defaults are those of DINOv3's ViT-S/16: `patchSize` 16, `dim` 384, 12 `layers`, 6 `heads`,
 * 4 `registers`, `'gelu'`, `epsilon` 1e-5. The width of a head, `dim` / `heads`, is a multiple of 4.
 */
export interface Dinov3Options extends Omit<DinoOptions, Absent> {
  /** Base of the frequencies of the rotation. Default 100. */
  theta?: number;
}

export type Dinov3Settings = Required<Dinov3Options> & {
  readonly positionSize: ImageSize;
  readonly patchDropout: number;
};

const checks: Checks<Dinov3Options> = {
  ...without(visionTransformerChecks),
  ...dinoChecks,
  theta: number({ above: 1 }),
};

const small = {
  ...{ imageSize: 224, patchSize: 16, dim: 384, layers: 12, heads: 6 },
} as const;

/**
 * @throws ConfigError for an unknown option, a wrong value, or sizes that do not fit each other.
 */
export function dinov3Settings(where: string, options: Dinov3Options): Dinov3Settings {
  const own = readOptions<Dinov3Options>(
    where,
    options,
    (given) => ({
      ...without(visionTransformerDefaults(given, small)),
      ...{ ...dinoDefaults, epsilon: 1e-5, registers: 4, theta: 100 },
    }),
    checks,
  );
  const positionSize = own.imageSize === 'any' ? small.imageSize : own.imageSize;
  const settings = { ...own, positionSize, patchDropout: 0 };
  requireFittingSizes(where, settings);
  const width = settings.dim / settings.heads;
  if (width % 4 !== 0) {
    throw new ConfigError('the width of a head has no angles for two sides', {
      where,
      expected: '"dim" / "heads" a multiple of 4',
      got: width,
    });
  }
  return settings;
}

function without<Fields extends object>(fields: Fields): Omit<Fields, Absent> {
  const absent: readonly string[] = ['positionSize', 'patchDropout'] satisfies Absent[];
  const kept = Object.entries(fields).filter(([name]) => !absent.includes(name));
  return Object.fromEntries(kept) as Omit<Fields, Absent>;
}
