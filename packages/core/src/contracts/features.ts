import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * What an encoder gives: a sequence of tokens and one summary of it.
 *
 * Letters used in every contract: B batch, N tokens, D width, H heads, C channels,
 * K negatives a pair, E width of a shared embedding.
 */
export interface Features {
  /** [B, N, D] float32. Values at masked positions are unspecified: consumers must mask them. */
  readonly tokens: Tensor3D;
  /** [B, N] float32, 1 = real token, 0 = padding. Every row has at least one 1. */
  readonly mask: Tensor2D;
  /** [B, D] float32, the encoder's own summary (mean, class token, pooler…). Not normalised. */
  readonly pooled: Tensor2D;
}

/** What a consumer must know of features before it sees any. */
export interface FeatureSpec {
  /** D. */
  readonly dim: number;
  /** N, or `'varies'` when it depends on the input. */
  readonly tokens: number | 'varies';
}
