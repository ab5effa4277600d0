import { add, reshape, transpose, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import {
  dropout,
  gelu,
  initLayerNorm,
  layerNorm,
  linear,
  normalInit,
  scaledDotProductAttention,
} from '@crossweave/core/nn';
import type { ViTSettings } from './options';

/** Of every layer norm, as Hugging Face's `ViTConfig.layer_norm_eps`. */
export const epsilon = 1e-12;

/** A linear layer as `ViTModel` starts it: weight N(0, `deviation`²), bias 0. */
function initDense(key: Key, path: string, into: number, out: number, deviation: number): Params {
  const weight = `${path}.weight`;
  return {
    [weight]: normalInit(foldIn(key, weight), [out, into], deviation),
    [`${path}.bias`]: zeros([out]),
  };
}

/** The parameters of Hugging Face's `ViTLayer` at `path` (`encoder.layer.0`). */
export function initLayer(key: Key, path: string, settings: ViTSettings): Params {
  const { dim, hidden, initializerRange: deviation } = settings;
  return mergeParams(
    ...['query', 'key', 'value'].map((name) =>
      initDense(key, `${path}.attention.attention.${name}`, dim, dim, deviation),
    ),
    initDense(key, `${path}.attention.output.dense`, dim, dim, deviation),
    initDense(key, `${path}.intermediate.dense`, dim, hidden, deviation),
    initDense(key, `${path}.output.dense`, hidden, dim, deviation),
    initLayerNorm(`${path}.layernorm_before`, dim),
    initLayerNorm(`${path}.layernorm_after`, dim),
  );
}

/** x + attention(norm(x)), then x + feed-forward(norm(x)): [B, N, D] → [B, N, D]. */
export function applyLayer(
  params: Params,
  path: string,
  x: Tensor3D,
  settings: ViTSettings,
  ctx: Context,
): Tensor3D {
  const residual = (at: string, value: Tensor3D): Tensor3D =>
    dropout(linear(params, at, value), settings.dropout, ctx, at);

  const normed = layerNorm(params, `${path}.layernorm_before`, x, epsilon);
  const attended = selfAttention(params, `${path}.attention.attention`, normed, settings, ctx);
  const between = add<Tensor3D>(x, residual(`${path}.attention.output.dense`, attended));
  const after = layerNorm(params, `${path}.layernorm_after`, between, epsilon);
  const inner = gelu(linear(params, `${path}.intermediate.dense`, after));
  return add(between, residual(`${path}.output.dense`, inner));
}

function selfAttention(
  params: Params,
  path: string,
  x: Tensor3D,
  { heads, dropout: rate }: ViTSettings,
  ctx: Context,
): Tensor3D {
  const [batch, tokens, dim] = x.shape;
  const [query, key, value] = ['query', 'key', 'value'].map((name) => {
    const projected = linear(params, `${path}.${name}`, x);
    const split = reshape<Rank.R4>(projected, [batch, tokens, heads, dim / heads]);
    return transpose<Tensor4D>(split, [0, 2, 1, 3]);
  });
  const attended = scaledDotProductAttention(query!, key!, value!, { dropout: rate, ctx, path });
  return reshape<Rank.R3>(transpose(attended, [0, 2, 1, 3]), [batch, tokens, dim]);
}
