import { ConfigError } from '../errors';
import type { FeatureSpec, PooledFeatures } from './features';
import type { Fusion } from './fusion';

/** The properties of a fusion that say which features it accepts. */
type Takes = Pick<Fusion, 'name' | 'reads' | 'takesMissing'>;

/**
 * Refuses a fusion that reads tokens when an encoder gives none. The compiler makes the same check
 * for programs; this one is for configs.
 *
 * @throws ConfigError that names the fusion and the side without tokens.
 */
export function requireTokens(fusion: Takes, image: FeatureSpec, text: FeatureSpec): void {
  if (fusion.reads === 'pooled') return;
  for (const [side, { tokens }] of Object.entries({ image, text })) {
    if (tokens !== 0) continue;
    throw new ConfigError(`the fusion reads tokens, and the ${side} encoder gives none`, {
      where: fusion.name,
      expected: 'features with tokens on both sides',
      got: `only summaries (tokens: 0) from the ${side} encoder`,
      advice:
        'Choose a fusion that reads summaries (for example dual-encoder with pooling "encoder") or an encoder ' +
        "with tokens. If your own fusion reads only `pooled`, declare reads: 'pooled' in it.",
    });
  }
}

/**
 * Refuses features with missing rows when the fusion does not accept them.
 *
 * @throws ConfigError that names the fusion.
 */
export function requireComplete(
  fusion: Takes,
  ...features: readonly (PooledFeatures | undefined)[]
): void {
  if (fusion.takesMissing === true) return;
  if (features.every((each) => each?.present === undefined)) return;
  throw new ConfigError(
    'the features have missing rows, and the fusion does not accept missing rows',
    {
      where: fusion.name,
      expected: 'features without `present`',
      advice:
        'Wrap the fusion with withMissingModality of @crossweave/fusion ("missing": "learned" in a ' +
        'config), or leave out the pairs with a missing side.',
    },
  );
}
