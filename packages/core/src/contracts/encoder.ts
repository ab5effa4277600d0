import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
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
  /**
   * [B, N] int32, which segment a token belongs to (the second text of a pair is 1 in BERT).
   * Default: all 0. Encoders without token types take no notice of it.
   */
  readonly token_type_ids?: Tensor2D;
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

/** An encoder made of layers (or stages) in a row. */
export interface LayeredEncoder<Input> extends Encoder<Input> {
  /**
   * The tokens before the first layer and after each one: layers + 1 tensors [B, N, D], what
   * Hugging Face calls `hidden_states`. A final norm, pooling and projection are not in them.
   * N and D may change from stage to stage in a convolutional network, whose grids are given row
   * by row. The caller disposes them.
   */
  hiddenStates(params: Params, input: Input, ctx: Context): readonly Tensor3D[];
}
