import { add, expandDims, max, mul, reshape, slice, sub, tanh } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Params } from '@crossweave/core';
import { linear, maskedMean } from '@crossweave/core/nn';

/** [B, N, D] and [B, N] (1 = real) → [B, D]. */
type Pool = (tokens: Tensor3D, mask: Tensor2D, params: Params) => Tensor2D;

/**
 * How a sequence becomes one vector. Padding never counts. A text without a real token (against
 * the contract, but tokenizers can be told to add no special tokens) gives zeros under `mean`
 * and `max`; `cls` and `pooler` then read its first position, whatever stands there.
 */
export const poolings = {
  /** The first token. */
  cls: (tokens) => firstToken(tokens),
  /** Mean of the real tokens (sentence-transformers). */
  mean: (tokens, mask) => maskedMean(tokens, mask),
  /** Largest value of the real tokens, by dimension. */
  max: (tokens, mask) => {
    const real = expandDims<Tensor3D>(mask, 2);
    // Zero where real, so the values stay exact.
    const offset = mul(sub(real, 1), 1e9);
    const largest = max<Tensor2D>(add(tokens, offset), 1);
    return mul(largest, max(mask, 1, true));
  },
  /** tanh(`pooler.dense`(first token)), as BERT's own head. */
  pooler: (tokens, _mask, params) => tanh(linear(params, poolerPath, firstToken(tokens))),
} as const satisfies Record<string, Pool>;

export type Pooling = keyof typeof poolings;

export const poolerPath = 'pooler.dense';

function firstToken(tokens: Tensor3D): Tensor2D {
  const [batch, , dim] = tokens.shape;
  return reshape<Rank.R2>(slice(tokens, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
}
