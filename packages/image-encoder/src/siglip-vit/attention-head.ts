import { add, ones, reshape, tidy, tile } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  parameter,
  type Context,
  type Key,
  type Params,
} from '@crossweave/core';
import {
  activations,
  initLayerNorm,
  initLinear,
  initMultiHeadAttention,
  layerNorm,
  linear,
  multiHeadAttention,
  normalInit,
} from '@crossweave/core/nn';
import type { Head } from '../transformer/names';
import type { VisionTransformerSettings } from '../transformer/options';

/**
 * SigLIP's attention pooling head (Zhai et al. 2022, "MAP"): a learned probe attends to all tokens,
 * and a feed-forward layer with a norm before it and a residual follows: [B, N, D] → [B, D].
 */
export function attentionHead(path: string, settings: VisionTransformerSettings): Head {
  const { dim, hidden, heads, activation, epsilon } = settings;
  const at = (name: string): string => `${path}.${name}`;
  return {
    init: (key: Key): Params =>
      mergeParams(
        { [at('probe')]: normalInit(foldIn(key, at('probe')), [1, 1, dim], 1) },
        initMultiHeadAttention(key, at('attention'), { dim }),
        initLayerNorm(at('layernorm'), dim),
        initLinear(key, at('mlp.fc1'), { in: dim, out: hidden, standardDeviation: dim ** -0.5 }),
        initLinear(key, at('mlp.fc2'), { in: hidden, out: dim, standardDeviation: hidden ** -0.5 }),
      ),
    apply: (params: Params, tokens: Tensor3D, ctx: Context): Tensor2D =>
      tidy(() => {
        const [batch] = tokens.shape;
        const probe = parameter<Tensor3D>(params, at('probe'));
        const query = batch === 1 ? probe : tile(probe, [batch, 1, 1]);
        const attended = multiHeadAttention(params, at('attention'), {
          ...{ query, context: tokens, mask: ones<Rank.R2>([batch, tokens.shape[1]]) },
          ...{ heads, ctx },
        });
        const normed = layerNorm(params, at('layernorm'), attended, epsilon);
        const inner = activations[activation](linear(params, at('mlp.fc1'), normed));
        const out = add<Tensor3D>(attended, linear(params, at('mlp.fc2'), inner));
        return reshape<Rank.R2>(out, [batch, dim]);
      }),
  };
}
