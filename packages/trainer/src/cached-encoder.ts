import {
  checkShapes,
  type Encoder,
  type Features,
  type FeatureSpec,
  type PooledFeatures,
} from '@crossweave/core';
import { anyOf, count, oneOf, requireText, requireValue } from '@crossweave/core/authoring';

const sizeCheck = count();
const tokensCheck = anyOf(count(0), oneOf('varies'));

/**
 * Stands where a tower's features were computed beforehand: gives its input back and
 * has no parameters. So one encoding pass serves any number of fusions. Summaries alone are
 * `cachedEncoder<PooledFeatures>` with `tokens: 0`.
 *
 * @throws ConfigError for a wrong name or size.
 */
export function cachedEncoder<F extends PooledFeatures = Features>(
  name: string,
  spec: FeatureSpec,
): Encoder<F, F> {
  requireText('cachedEncoder', 'name', name);
  requireValue('cachedEncoder', 'dim', spec.dim, sizeCheck);
  requireValue('cachedEncoder', 'tokens', spec.tokens, tokensCheck);
  const width = spec.dim;
  const count = spec.tokens === 'varies' ? 'N' : spec.tokens;
  return {
    name,
    features: spec,
    init: () => ({}),
    apply(_params, input) {
      const { tokens, mask, pooled, present }: PooledFeatures & Partial<Features> = input;
      checkShapes(name, {
        ...(tokens && { tokens: [tokens, ['B', count, width]] as const }),
        ...(mask && { mask: [mask, ['B', count]] as const }),
        pooled: [pooled, ['B', width]],
        ...(present && { present: [present, ['B']] as const }),
      });
      return input;
    },
  };
}
