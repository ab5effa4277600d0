import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * What every encoder gives: one vector for each input.
 *
 * Letters used in every contract: B batch, N tokens, D width, H heads, C channels, K negatives of
 * each pair, E width of a shared embedding.
 */
export interface PooledFeatures {
  /** [B, D] float32, the encoder's own summary (mean, class token, pooler…). Not normalised. */
  readonly pooled: Tensor2D;
  /**
   * [B] float32, 1 = the row has this modality, 0 = the modality is missing. The tokens, mask and
   * summary of a missing row are unspecified. Absent: no row is missing. Only a fusion with {@link
   * Fusion.takesMissing} accepts features with `present`.
   */
  readonly present?: Tensor1D;
}

/** A sequence of tokens and a summary of the sequence. */
export interface Features extends PooledFeatures {
  /** [B, N, D] float32. Values at masked positions are unspecified: consumers must mask them. */
  readonly tokens: Tensor3D;
  /** [B, N] float32, 1 = real token, 0 = padding. Every row has at least one 1. */
  readonly mask: Tensor2D;
}

/** The sizes of features, as far as they are known before an encoder runs. */
export interface FeatureSpec {
  /** D. */
  readonly dim: number;
  /** N; `'varies'` when it depends on the input; 0 for {@link PooledFeatures}. */
  readonly tokens: number | 'varies';
}

/** Applies `map` to each tensor of the features: to take, repeat or slice rows. */
export function mapFeatures<F extends PooledFeatures>(
  features: F,
  map: <T extends Tensor>(x: T) => T,
): F {
  const { tokens, mask, pooled, present }: PooledFeatures & Partial<Features> = features;
  // The result has the same tensors as `features`, so it has the same type.
  return {
    ...(tokens && { tokens: map(tokens) }),
    ...(mask && { mask: map(mask) }),
    pooled: map(pooled),
    ...(present && { present: map(present) }),
  } as PooledFeatures as F;
}
