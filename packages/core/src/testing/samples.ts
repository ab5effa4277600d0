import {
  add,
  concat,
  fill,
  mul,
  onesLike,
  reshape,
  sub,
  tensor1d,
  tensor2d,
  zeros,
  type Rank,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { FeatureSpec, Features, PooledFeatures } from '../contracts/features';
import { foldIn, normal, type Key } from '../keys';
import { continuousParts, mapTensors, tidyTree, withMasked, withParts } from './trees';

/** Number of tokens of a sample when the spec says `'varies'`. */
const defaultTokens = 3;

export interface SampleOptions {
  readonly batch: number;
  /** N where the spec says `'varies'`. Default 3. */
  readonly tokens?: number;
  /** Standard deviation of tokens and summaries. Default 1; 0 gives zero vectors. */
  readonly scale?: number;
  /**
   * Adds `present`: every second row is missing, starting with row `missing`. Default: no
   * `present`.
   */
  readonly missing?: 0 | 1;
}

/** Random features. In row b the last b mod N tokens are masked, so row 0 has no masked token. */
export function sampleFeatures(key: Key, spec: FeatureSpec, options: SampleOptions): Features {
  const { batch, tokens = defaultTokens, scale = 1 } = options;
  const count = spec.tokens === 'varies' ? tokens : spec.tokens;
  return tidyTree(() => ({
    tokens: mul(normal(foldIn(key, 'tokens'), [batch, count, spec.dim]), scale),
    mask: sampleMask(batch, count),
    ...samplePooled(key, spec, options),
  }));
}

/** The summaries of {@link sampleFeatures}, without the tokens. */
export function samplePooled(
  key: Key,
  { dim }: FeatureSpec,
  { batch, scale = 1, missing }: SampleOptions,
): PooledFeatures {
  return tidyTree(() => ({
    pooled: mul(normal(foldIn(key, 'pooled'), [batch, dim]), scale),
    ...(missing !== undefined && { present: samplePresent(batch, missing) }),
  }));
}

/** [batch] 0 in every second row from row `missing` on. */
function samplePresent(batch: number, missing: 0 | 1): Tensor1D {
  return tensor1d(Array.from({ length: batch }, (_, row) => (row % 2 === missing ? 0 : 1)));
}

/** [batch, tokens] mask: in row b the last b mod N tokens are masked. */
export function sampleMask(batch: number, tokens: number): Tensor2D {
  return tensor2d(
    Array.from({ length: batch }, (_, row) =>
      Array.from({ length: tokens }, (_, token) => (token < tokens - (row % tokens) ? 1 : 0)),
    ),
    [batch, tokens],
  );
}

/** The same features with large random values at the masked tokens. */
export function scrambleMasked(key: Key, features: Features): Features {
  return tidyTree(() => {
    const noise = normal<Rank.R3>(key, features.tokens.shape, 0, 1000);
    return { ...features, tokens: withMasked(features.tokens, features.mask, noise) };
  });
}

/** The same features with `extra` further masked tokens of large values. */
export function padFeatures(key: Key, features: Features, extra: number): Features {
  const [batch, , dim] = features.tokens.shape;
  return tidyTree(() => ({
    ...features,
    tokens: concat([features.tokens, normal<Rank.R3>(key, [batch, extra, dim], 0, 1000)], 1),
    mask: concat([features.mask, zeros<Rank.R2>([batch, extra])], 1),
  }));
}

/** The same features with large random values in the missing rows, where all tokens become real. */
export function scrambleMissing<F extends PooledFeatures>(key: Key, features: F): F {
  const { tokens, mask, pooled, present }: PooledFeatures & Partial<Features> = features;
  if (present === undefined) return features;
  const elsewhere = <T extends Tensor>(x: T, others: Tensor): T => {
    const given = reshape(present, [x.shape[0], ...x.shape.slice(1).map(() => 1)]);
    return add(mul(x, given), mul(others, sub(1, given)));
  };
  const noise = (part: string, x: Tensor): Tensor => normal(foldIn(key, part), x.shape, 0, 1000);
  return tidyTree(() => ({
    ...features,
    ...(tokens && { tokens: elsewhere(tokens, noise('tokens', tokens)) }),
    ...(mask && { mask: elsewhere(mask, onesLike(mask)) }),
    pooled: elsewhere(pooled, noise('pooled', pooled)),
  }));
}

/** The same features with every value set to `value`: zero vectors, saturated activations. */
export function constantFeatures<F extends PooledFeatures>(features: F, value: number): F {
  return tidyTree(() =>
    withParts(
      features,
      mapTensors(continuousParts(features), ({ shape }) => fill(shape, value)),
    ),
  );
}
