import {
  concat,
  fill,
  mul,
  tensor2d,
  zeros,
  type Rank,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { FeatureSpec, Features } from '../contracts/features';
import { foldIn, normal, type Key } from '../keys';
import { tidyTree, withMasked } from './trees';

/** How many tokens a sample has when the spec leaves it open. */
const defaultTokens = 3;

export interface SampleOptions {
  readonly batch: number;
  /** N where the spec says `'varies'`. Default 3. */
  readonly tokens?: number;
  /** Standard deviation of tokens and pooled. Default 1; 0 gives zero vectors. */
  readonly scale?: number;
}

/** Random features: row b has its last b mod N tokens masked, so row 0 has none. */
export function sampleFeatures(key: Key, spec: FeatureSpec, options: SampleOptions): Features {
  const { batch, tokens = defaultTokens, scale = 1 } = options;
  const count = spec.tokens === 'varies' ? tokens : spec.tokens;
  return tidyTree(() => ({
    tokens: mul(normal(foldIn(key, 'tokens'), [batch, count, spec.dim]), scale),
    mask: sampleMask(batch, count),
    pooled: mul(normal(foldIn(key, 'pooled'), [batch, spec.dim]), scale),
  }));
}

/** [batch, tokens]: row b has its last b mod N tokens masked. */
export function sampleMask(batch: number, tokens: number): Tensor2D {
  return tensor2d(
    Array.from({ length: batch }, (_, row) =>
      Array.from({ length: tokens }, (_, token) => (token < tokens - (row % tokens) ? 1 : 0)),
    ),
    [batch, tokens],
  );
}

/** The same features with other, large values at the masked tokens. */
export function scrambleMasked(key: Key, features: Features): Features {
  return tidyTree(() => {
    const noise = normal<Rank.R3>(key, features.tokens.shape, 0, 1000);
    return { ...features, tokens: withMasked(features.tokens, features.mask, noise) };
  });
}

/** The same features with `extra` masked tokens more, of large values. */
export function padFeatures(key: Key, features: Features, extra: number): Features {
  const [batch, , dim] = features.tokens.shape;
  return tidyTree(() => ({
    ...features,
    tokens: concat([features.tokens, normal<Rank.R3>(key, [batch, extra, dim], 0, 1000)], 1),
    mask: concat([features.mask, zeros<Rank.R2>([batch, extra])], 1),
  }));
}

/** Features whose every value is `value`: zero vectors, saturated activations. */
export function constantFeatures(spec: FeatureSpec, batch: number, value: number): Features {
  const count = spec.tokens === 'varies' ? defaultTokens : spec.tokens;
  return tidyTree(() => ({
    tokens: fill<Rank.R3>([batch, count, spec.dim], value),
    mask: sampleMask(batch, count),
    pooled: fill<Rank.R2>([batch, spec.dim], value),
  }));
}
