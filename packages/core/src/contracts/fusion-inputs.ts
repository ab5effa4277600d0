import { ConfigError } from '../errors';
import type { FeatureSpec, PooledFeatures } from './features';
import type { Fusion } from './fusion';

/** What a fusion says of the features it takes, whatever their type. */
type Takes = Pick<Fusion, 'name' | 'reads' | 'takesMissing'>;

/**
 * Refuses a fusion of tokens where an encoder has none: what the types say of programs, said of
 * configs.
 *
 * @throws ConfigError naming the fusion and the side without tokens.
 */
export function requireTokens(fusion: Takes, image: FeatureSpec, text: FeatureSpec): void {
  if (fusion.reads === 'pooled') return;
  for (const [side, { tokens }] of Object.entries({ image, text })) {
    if (tokens !== 0) continue;
    throw new ConfigError(`the fusion reads tokens, and the ${side} encoder gives none`, {
      where: fusion.name,
      expected: 'features with tokens on both sides',
      got: `summaries alone (tokens: 0) of the ${side}`,
      advice:
        'Choose a fusion of summaries (dual-encoder with pooling "encoder", say) or an encoder ' +
        "with tokens. A fusion of your own that reads `pooled` alone declares reads: 'pooled'.",
    });
  }
}

/**
 * Refuses features with missing rows where the fusion has nothing to put in their place.
 *
 * @throws ConfigError naming the fusion.
 */
export function requireComplete(
  fusion: Takes,
  ...features: readonly (PooledFeatures | undefined)[]
): void {
  if (fusion.takesMissing === true) return;
  if (features.every((each) => each?.present === undefined)) return;
  throw new ConfigError('the features have missing rows, and the fusion does not know of any', {
    where: fusion.name,
    expected: 'features without `present`',
    advice:
      'Wrap it: withMissingModality(fusion) of @crossweave/fusion, "missing": "learned" in a ' +
      'config; or leave out the pairs of which a side is missing.',
  });
}
