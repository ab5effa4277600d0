import type { Features, FeatureSpec } from './features';

/**
 * An encoder that is run and never trained. It holds its own weights, and a runtime other than tfjs
 * may compute it. `Input` is as for `Encoder`. The owner disposes it, since the garbage collector
 * does not free its memory.
 */
export interface FrozenEncoder<Input> extends AsyncDisposable {
  /** Name of the encoder, for logs and run records. */
  readonly name: string;
  readonly features: FeatureSpec;
  /**
   * SHA-256 (hex) of the weights and of the settings of preprocessing and pooling. Two encoders
   * with the same fingerprint give the same features for the same input, up to rounding; use it as
   * the key of feature caches.
   */
  readonly fingerprint: string;
  /**
   * The features of a batch, as new tensors that the caller disposes. The input is not disposed.
   */
  encode(input: Input): Promise<Features>;
}
