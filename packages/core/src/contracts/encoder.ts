import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Context } from './context';
import type { Features, FeatureSpec, PooledFeatures } from './features';
import type { Configured } from './part-config';

/** The input of a text encoder, with the names that Hugging Face tokenizers use. */
export interface TextInput {
  /** [B, N] int32, ids in [0, vocabulary). */
  readonly input_ids: Tensor2D;
  /** [B, N] int32, 1 = real token, 0 = padding. */
  readonly attention_mask: Tensor2D;
  /**
   * [B, N] int32, which segment a token belongs to (the second text of a pair is 1 in BERT).
   * Default: all 0. Encoders without token types ignore it.
   */
  readonly token_type_ids?: Tensor2D;
}

/**
 * Turns one modality into features. `Input` is `Tensor4D` [B, H, W, 3] (float32, normalised) for
 * images, {@link TextInput} for text, {@link Features} for an encoder over cached features. `Out`
 * is {@link PooledFeatures} for an encoder without tokens: the compiler then refuses a fusion that
 * reads tokens.
 *
 * An encoder is pure: the same parameters, input and context give the same features. Its parameters
 * have the paths and layouts of the PyTorch or Hugging Face model that it implements.
 */
export interface Encoder<Input, Out extends PooledFeatures = Features> extends Configured {
  /** Architecture and size, for logs and run records: `resnet(32-64-128)`. */
  readonly name: string;
  /** `tokens` is 0 for an encoder without tokens. */
  readonly features: FeatureSpec;
  readonly init: (key: Key) => Params;
  /** @throws ShapeError when the input does not fit, StateDictError when a parameter is missing. */
  readonly apply: (params: Params, input: Input, ctx: Context) => Out;
}

/** An encoder whose layers (or stages) run one after another. */
export interface LayeredEncoder<Input> extends Encoder<Input> {
  /**
   * The tokens before the first layer and after each one: layers + 1 tensors [B, N, D], what
   * Hugging Face calls `hidden_states`. A final norm, pooling and projection are not in them. In a
   * convolutional network N and D may change from stage to stage; its tokens are the places of the
   * feature map, row by row. The caller disposes the tensors.
   */
  hiddenStates(params: Params, input: Input, ctx: Context): readonly Tensor3D[];
}
