import {
  add,
  argMax,
  cast,
  equal,
  expandDims,
  matMul,
  max,
  mul,
  oneHot,
  reshape,
  slice,
  sub,
  tanh,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { ConfigError, type Params } from '@crossweave/core';
import { linear, maskedMean } from '@crossweave/core/nn';

/** The input of a pooling. */
export interface Pooled {
  /** [B, N, D] */
  readonly tokens: Tensor3D;
  /** [B, N] float32, 1 = real. */
  readonly mask: Tensor2D;
  /** [B, N] int32. */
  readonly ids: Tensor2D;
  readonly params: Params;
  /** For `eot` alone: the id that ends a text, or `'largest'` for the largest id of each text. */
  readonly endOfText?: number | 'largest' | undefined;
}

/**
 * How a sequence becomes one vector [B, D]. Padding never counts. A text without a real token (the
 * contract forbids it, but a tokenizer without special tokens gives one for an empty text) gives
 * zeros under `mean` and `max`; the other poolings then read its first position, which is padding
 * (`last`: its last).
 */
export const poolings = {
  /** The first token. */
  cls: ({ tokens }) => firstToken(tokens),
  /** Mean of the real tokens (sentence-transformers). */
  mean: ({ tokens, mask }) => maskedMean(tokens, mask),
  /** Largest value of the real tokens, by dimension. */
  max: ({ tokens, mask }) => {
    const real = expandDims<Tensor3D>(mask, 2);
    // Zero where real, so the values stay exact.
    const offset = mul(sub(real, 1), 1e9);
    const largest = max<Tensor2D>(add(tokens, offset), 1);
    return mul(largest, max(mask, 1, true));
  },
  /** The last position, padding or not (SigLIP). */
  last: ({ tokens }) => {
    const [batch, count, dim] = tokens.shape;
    return reshape<Rank.R2>(slice(tokens, [0, count - 1, 0], [batch, 1, dim]), [batch, dim]);
  },
  /** tanh(`pooler.dense`(first token)), as BERT's own head. */
  pooler: ({ tokens, params }) => tanh(linear(params, poolerPath, firstToken(tokens))),
  /** The first token that ends the text (CLIP); the text's first token if there is none. */
  eot: ({ tokens, mask, ids, endOfText }) => {
    if (endOfText === undefined) {
      throw new ConfigError('"eot" reads the token that ends a text, and no such token is known', {
        where: 'pooling',
        expected: 'endOfText',
      });
    }
    const [batch, count, dim] = tokens.shape;
    // tfjs refuses a one-hot vector of length 1.
    if (count === 1) return firstToken(tokens);
    const real = cast(mask, 'int32');
    // Padding scores 0, and of equal scores the first wins.
    const score = endOfText === 'largest' ? add(ids, 1) : cast(equal(ids, endOfText), 'int32');
    const at = oneHot(argMax(mul(score, real), 1), count, 1, 0, 'float32');
    const found = matMul(reshape<Rank.R3>(at, [batch, 1, count]), tokens);
    return reshape<Rank.R2>(found, [batch, dim]);
  },
} as const satisfies Record<string, (input: Pooled) => Tensor2D>;

export type Pooling = keyof typeof poolings;

export const poolerPath = 'pooler.dense';

function firstToken(tokens: Tensor3D): Tensor2D {
  const [batch, , dim] = tokens.shape;
  return reshape<Rank.R2>(slice(tokens, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
}
