import { transpose, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  type Context,
  type FeatureSpec,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import type { Checks } from '@crossweave/core/authoring';
import type { Rows, Side } from '../features';
import { sideCheck } from '../option-checks';
import {
  dropSides,
  pooledFusion,
  pooledFusionChecks,
  type PooledFusionOptions,
} from './pooled-fusion';

/** `dropout` acts on both vectors. */
export interface ModulatedFusionOptions extends PooledFusionOptions {
  /**
   * The side from whose vector the weights are computed that transform the vector of the other
   * side.
   */
  modulator?: Side;
}

export const modulationChecks: Checks<ModulatedFusionOptions> = {
  ...pooledFusionChecks,
  modulator: sideCheck,
};

export interface ModulatedFusionParts<Base, Modulation> {
  readonly where: string;
  readonly name: string;
  readonly settings: Required<ModulatedFusionOptions>;
  /** Parameters, from the widths of the modulated side and of the modulator. */
  readonly init: (key: Key, base: FeatureSpec, modulator: FeatureSpec) => Params;
  /** The part of `join` that depends only on the modulated vector; computed once per row. */
  readonly base: (params: Params, vector: Tensor2D) => Base;
  /** The part of `join` that depends only on the modulating vector; computed once per row. */
  readonly modulation: (params: Params, vector: Tensor2D) => Modulation;
  /** The joint representations [B, D] of B pairs. */
  readonly join: (base: Base, modulation: Modulation) => Tensor2D;
  /** Scores of all modulated rows against all modulations, if there is a closed form. */
  readonly score?: (params: Params, base: Base, modulation: Modulation) => Tensor2D;
}

/**
 * A {@link pooledFusion} in which weights computed from the vector of one side transform the vector
 * of the other side.
 */
export function modulatedFusion<Base extends Rows<Base>, Modulation extends Rows<Modulation>>(
  parts: ModulatedFusionParts<Base, Modulation>,
): Fusion<PooledFeatures> {
  const { where, name, settings, base, modulation, join, score } = parts;
  const shared = { where, name, settings };
  const drop = (image: Tensor2D, text: Tensor2D, ctx: Context) =>
    dropSides(image, text, settings.dropout, ctx);

  const byText = (): Fusion<PooledFeatures> =>
    pooledFusion<Base, Modulation>({
      ...shared,
      init: (key, { image, text }) => parts.init(key, image, text),
      prepare: (params, image, text, ctx) => {
        const [x, y] = drop(image, text, ctx);
        return { image: base(params, x), text: modulation(params, y) };
      },
      join: (_, image, text) => join(image, text),
      ...(score && { score }),
    });

  const byImage = (): Fusion<PooledFeatures> =>
    pooledFusion<Modulation, Base>({
      ...shared,
      init: (key, { image, text }) => parts.init(key, text, image),
      prepare: (params, image, text, ctx) => {
        const [x, y] = drop(image, text, ctx);
        return { image: modulation(params, x), text: base(params, y) };
      },
      join: (_, image, text) => join(text, image),
      ...(score && { score: (params, image, text) => transpose(score(params, text, image)) }),
    });

  const roles = { text: byText, image: byImage } satisfies Record<
    Side,
    () => Fusion<PooledFeatures>
  >;
  return roles[settings.modulator]();
}
