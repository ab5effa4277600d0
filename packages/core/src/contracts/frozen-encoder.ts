import type { Features, FeatureSpec } from './features';

/**
 * An encoder that is run, never trained: its weights are its own, and another runtime than tfjs
 * may compute it. `Input` is as for `Encoder`. The owner disposes it; it holds memory that no
 * garbage collector sees.
 */
export interface FrozenEncoder<Input> extends AsyncDisposable {
  /** For logs and run records. */
  readonly name: string;
  readonly features: FeatureSpec;
  /**
   * SHA-256 (hex) over the weights and all that says how inputs are made ready and outputs read:
   * while it is the same, the same input gives the same features, to rounding. Key caches with it.
   */
  readonly fingerprint: string;
  /** The features of a batch, new tensors that the caller disposes. The input stays as it is. */
  encode(input: Input): Promise<Features>;
}
