import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Context } from './context';
import type { Features, FeatureSpec, PooledFeatures } from './features';

/** What a text encoder reads; the names are the tokenizers' own. */
export interface TextInput {
  /** [B, N] int32, ids in [0, vocabulary). */
  readonly input_ids: Tensor2D;
  /** [B, N] int32, 1 = real token, 0 = padding. */
  readonly attention_mask: Tensor2D;
}

/**
 * Turns one modality into features. `Input` is `Tensor4D` [B, H, W, 3] (float32,
 * normalised) for images, {@link TextInput} for text, {@link Features} for an encoder
 * over cached features. `Out` is {@link PooledFeatures} for an encoder that has no tokens: the
 * compiler then refuses a fusion that reads them.
 *
 * An encoder is pure: same params, input and context, same features. Its parameters
 * have the paths and layouts of the PyTorch or Hugging Face model it re-states.
 */
export interface Encoder<Input, Out extends PooledFeatures = Features> {
  /** Names architecture and size, for logs and run records: `resnet(32-64-128)`. */
  readonly name: string;
  /** `tokens` is 0 for an encoder without tokens. */
  readonly features: FeatureSpec;
  readonly init: (key: Key) => Params;
  /** @throws ShapeError when the input does not fit, StateDictError when a parameter is missing. */
  readonly apply: (params: Params, input: Input, ctx: Context) => Out;
}
