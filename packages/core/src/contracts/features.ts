import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * The least an encoder gives: one vector an input.
 *
 * Letters used in every contract: B batch, N tokens, D width, H heads, C channels,
 * K negatives a pair, E width of a shared embedding.
 */
export interface PooledFeatures {
  /** [B, D] float32, the encoder's own summary (mean, class token, pooler…). Not normalised. */
  readonly pooled: Tensor2D;
  /**
   * [B] float32, 1 = given, 0 = this modality is missing: all else that the row holds, its mask
   * included, is unspecified. Absent: every row is given. Only a fusion that
   * {@link Fusion.takesMissing} may see it.
   */
  readonly present?: Tensor1D;
}

/** A sequence of tokens and one summary of it. */
export interface Features extends PooledFeatures {
  /** [B, N, D] float32. Values at masked positions are unspecified: consumers must mask them. */
  readonly tokens: Tensor3D;
  /** [B, N] float32, 1 = real token, 0 = padding. Every row has at least one 1. */
  readonly mask: Tensor2D;
}

/** What a consumer must know of features before it sees any. */
export interface FeatureSpec {
  /** D. */
  readonly dim: number;
  /** N, `'varies'` when it depends on the input, 0 where there are summaries alone. */
  readonly tokens: number | 'varies';
}

/** The same change of every tensor of features: rows taken, repeated, sliced. */
export function mapFeatures<F extends PooledFeatures>(
  features: F,
  map: <T extends Tensor>(x: T) => T,
): F {
  const { tokens, mask, pooled, present }: PooledFeatures & Partial<Features> = features;
  // As complete as what came in, so of its type.
  return {
    ...(tokens && { tokens: map(tokens) }),
    ...(mask && { mask: map(mask) }),
    pooled: map(pooled),
    ...(present && { present: map(present) }),
  } as PooledFeatures as F;
}
