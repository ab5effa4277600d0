import { add, reshape, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import {
  dropout,
  gelu,
  initLayerNorm,
  layerNorm,
  linear,
  scaledDotProductAttention,
} from '@crossweave/core/nn';
import { initDense } from './dense';
import type { BertSettings } from './options';

/** Of every layer norm, as Hugging Face's `BertConfig.layer_norm_eps`. */
export const epsilon = 1e-12;

/** The parameters of Hugging Face's `BertLayer` at `path` (`encoder.layer.0`). */
export function initLayer(key: Key, path: string, settings: BertSettings): Params {
  const { dim, hidden, initializerRange: deviation } = settings;
  const square = { in: dim, out: dim };
  return mergeParams(
    ...['query', 'key', 'value'].map((name) =>
      initDense(key, `${path}.attention.self.${name}`, square, deviation),
    ),
    initDense(key, `${path}.attention.output.dense`, square, deviation),
    initLayerNorm(`${path}.attention.output.LayerNorm`, dim),
    initDense(key, `${path}.intermediate.dense`, { in: dim, out: hidden }, deviation),
    initDense(key, `${path}.output.dense`, { in: hidden, out: dim }, deviation),
    initLayerNorm(`${path}.output.LayerNorm`, dim),
  );
}

/** norm(x + attention(x)), then norm(x + feed-forward(x)): [B, N, D] → [B, N, D]. */
export function applyLayer(
  params: Params,
  path: string,
  x: Tensor3D,
  mask: Tensor2D,
  settings: BertSettings,
  ctx: Context,
): Tensor3D {
  const close = (at: string, inner: Tensor3D, skipped: Tensor3D): Tensor3D => {
    const dense = dropout(linear(params, `${at}.dense`, inner), settings.dropout, ctx, at);
    return layerNorm(params, `${at}.LayerNorm`, add<Tensor3D>(dense, skipped), epsilon);
  };
  const attended = selfAttention(params, `${path}.attention.self`, x, mask, settings, ctx);
  const between = close(`${path}.attention.output`, attended, x);
  const inner = gelu(linear(params, `${path}.intermediate.dense`, between));
  return close(`${path}.output`, inner, between);
}

function selfAttention(
  params: Params,
  path: string,
  x: Tensor3D,
  mask: Tensor2D,
  { heads, dropout: rate }: BertSettings,
  ctx: Context,
): Tensor3D {
  const [batch, tokens, dim] = x.shape;
  const [query, key, value] = ['query', 'key', 'value'].map((name) => {
    const projected = linear(params, `${path}.${name}`, x);
    const split = reshape<Rank.R4>(projected, [batch, tokens, heads, dim / heads]);
    return transpose<Tensor4D>(split, [0, 2, 1, 3]);
  });
  const options = { mask, dropout: rate, ctx, path };
  const attended = scaledDotProductAttention(query!, key!, value!, options);
  return reshape<Rank.R3>(transpose(attended, [0, 2, 1, 3]), [batch, tokens, dim]);
}
