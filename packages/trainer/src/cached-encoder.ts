import { checkShapes, type Encoder, type Features, type FeatureSpec } from '@crossweave/core';

/**
 * Stands where a tower's features were computed beforehand: gives its input back and
 * has no parameters. So one encoding pass serves any number of fusions.
 */
export function cachedEncoder(name: string, spec: FeatureSpec): Encoder<Features> {
  const width = spec.dim;
  const tokens = spec.tokens === 'varies' ? 'N' : spec.tokens;
  return {
    name,
    features: spec,
    init: () => ({}),
    apply(_params, input) {
      checkShapes(name, {
        tokens: [input.tokens, ['B', tokens, width]],
        mask: [input.mask, ['B', tokens]],
        pooled: [input.pooled, ['B', width]],
      });
      return input;
    },
  };
}
