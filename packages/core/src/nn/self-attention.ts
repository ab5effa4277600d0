import { reshape, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Context } from '../contracts/context';
import type { Params } from '../params';
import { scaledDotProductAttention } from './attention';
import { linear } from './linear';
import { rotate, type Rotation } from './rotary';

export interface SelfAttentionInput {
  /** [B, N, D] */
  readonly x: Tensor3D;
  /** Paths of the linear layers, each D → D. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  /** A divisor of D. */
  readonly heads: number;
  /** [B, N], 1 = attend. */
  readonly mask?: Tensor2D | undefined;
  /** Whether a token attends only to itself and earlier tokens; default false. */
  readonly causal?: boolean | undefined;
  /** Turns queries and keys by the places of their tokens. */
  readonly rotation?: Rotation | undefined;
  readonly ctx: Context;
  /** Dropout rate of the attention weights; default 0. */
  readonly dropout?: number | undefined;
}

/**
 * Self attention with separate query, key and value layers, as in Hugging Face's transformers, and
 * without the output layer: [B, N, D] → [B, N, D]. (`multiHeadAttention` has the joint projection
 * of `torch.nn.MultiheadAttention`.) `path` is used for the key of the dropout mask and in errors.
 */
export function selfAttention(params: Params, path: string, input: SelfAttentionInput): Tensor3D {
  const { x, query, key, value, heads, mask, causal, rotation, ctx, dropout } = input;
  const [batch, tokens, dim] = x.shape;
  return tidy(() => {
    const [q, k, v] = [query, key, value].map((layer) => {
      const projected = linear(params, layer, x);
      const split = reshape<Rank.R4>(projected, [batch, tokens, heads, dim / heads]);
      return transpose<Tensor4D>(split, [0, 2, 1, 3]);
    });
    const turned = (x: Tensor4D): Tensor4D => (rotation === undefined ? x : rotate(x, rotation));
    const attended = scaledDotProductAttention(turned(q!), turned(k!), v!, {
      mask,
      causal,
      dropout,
      ctx,
      path,
    });
    return reshape<Rank.R3>(transpose(attended, [0, 2, 1, 3]), [batch, tokens, dim]);
  });
}
