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
  /** [B, N] float32, 1 = real token. */
  readonly mask: Tensor2D;
  /** [B, N] int32. */
  readonly ids: Tensor2D;
  readonly params: Params;
  /** Only for `eot`: the id of the end token, or `'largest'` for the largest id of each text. */
  readonly endOfText?: number | 'largest' | undefined;
}

/**
 * How a sequence is pooled to one vector [B, D]. Padding is ignored (except by `last`). The contract
 * forbids texts without real tokens, but a tokenizer without special tokens makes one of an empty
 * text: `mean` and `max` then give zeros, and the other poolings read the first position (`last`:
 * the last), which is padding.
 */
export const poolings = {
  /** The first token. */
  cls: ({ tokens }) => firstToken(tokens),
  /** Mean of the real tokens (sentence-transformers). */
  mean: ({ tokens, mask }) => maskedMean(tokens, mask),
  /** Largest value of each dimension over the real tokens. */
  max: ({ tokens, mask }) => {
    const real = expandDims<Tensor3D>(mask, 2);
    // The offset is zero at real tokens, so their values stay exact.
    const offset = mul(sub(real, 1), 1e9);
    const largest = max<Tensor2D>(add(tokens, offset), 1);
    return mul(largest, max(mask, 1, true));
  },
  /** The last position, padding or not (SigLIP). */
  last: ({ tokens }) => {
    const [batch, count, dim] = tokens.shape;
    return reshape<Rank.R2>(slice(tokens, [0, count - 1, 0], [batch, 1, dim]), [batch, dim]);
  },
  /** tanh(`pooler.dense`(first token)), BERT's pooling layer. */
  pooler: ({ tokens, params }) => tanh(linear(params, poolerPath, firstToken(tokens))),
  /** The first end token (CLIP); the first token of the text if there is none. */
  eot: ({ tokens, mask, ids, endOfText }) => {
    if (endOfText === undefined) {
      throw new ConfigError('the pooling "eot" reads the end token, whose id is not known', {
        where: 'pooling',
        expected: 'endOfText',
      });
    }
    const [batch, count, dim] = tokens.shape;
    // tfjs refuses a one-hot vector of length 1.
    if (count === 1) return firstToken(tokens);
    const real = cast(mask, 'int32');
    // The score of padding is 0, and argMax gives the first of equal scores.
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
