import { add, mul, ones, reshape, slice, split, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, parameter, type Context, type Key, type Params } from '@crossweave/core';
import {
  activations,
  dropout as drop,
  initLinear,
  linear,
  rotate,
  scaledDotProductAttention,
  standardise,
  type Rotation,
} from '@crossweave/core/nn';
import type { ModernBertSettings } from './options';

export interface ModernBertLayer {
  /** `layers.0` */
  readonly path: string;
  /** The first layer has no norm before attention: that of the embeddings stands there. */
  readonly first: boolean;
  /** Whether tokens attend to the whole text. */
  readonly global: boolean;
}

/** The weight of a layer norm without bias. */
export function initNorm(path: string, dim: number): Params {
  return { [`${path}.weight`]: ones([dim]) };
}

/** Layer normalisation without bias: [..., D] → [..., D]. */
export function norm<T extends Tensor>(params: Params, path: string, x: T, epsilon: number): T {
  const weight = parameter(params, `${path}.weight`);
  return tidy(() => mul<T>(standardise(x, [x.rank - 1], epsilon).value, weight));
}

export function initLayer(
  key: Key,
  { path, first }: ModernBertLayer,
  { dim, hidden, layers, initializerRange: deviation }: ModernBertSettings,
): Params {
  const dense = (name: string, from: number, out: number, standardDeviation: number): Params =>
    initLinear(key, `${path}.${name}`, { in: from, out, bias: false, standardDeviation });
  // What is added to the residual begins smaller the more layers there are.
  const last = deviation / Math.sqrt(2 * layers);
  return mergeParams(
    first ? {} : initNorm(`${path}.attn_norm`, dim),
    dense('attn.Wqkv', dim, 3 * dim, deviation),
    dense('attn.Wo', dim, dim, last),
    initNorm(`${path}.mlp_norm`, dim),
    dense('mlp.Wi', dim, 2 * hidden, deviation),
    dense('mlp.Wo', hidden, dim, last),
  );
}

/** x + attention(norm(x)), then x + gated feed-forward(norm(x)): [B, N, D] → [B, N, D]. */
export function applyLayer(
  params: Params,
  layer: ModernBertLayer,
  x: Tensor3D,
  mask: Tensor2D,
  rotation: Rotation,
  settings: ModernBertSettings,
  ctx: Context,
): Tensor3D {
  const { epsilon, activation, dropout: rate } = settings;
  const at = (name: string): string => `${layer.path}.${name}`;
  return tidy(() => {
    const normed = layer.first ? x : norm(params, at('attn_norm'), x, epsilon);
    const attended = attention(params, layer, normed, mask, rotation, settings, ctx);
    const between = add<Tensor3D>(x, drop(attended, rate, ctx, at('attn.Wo')));
    const inner = linear(params, at('mlp.Wi'), norm(params, at('mlp_norm'), between, epsilon));
    const [value, gate] = split(inner, 2, 2) as [Tensor3D, Tensor3D];
    const gated = mul<Tensor3D>(activations[activation](value), gate);
    return add(between, linear(params, at('mlp.Wo'), drop(gated, rate, ctx, at('mlp.Wo'))));
  });
}

function attention(
  params: Params,
  { path, global }: ModernBertLayer,
  x: Tensor3D,
  mask: Tensor2D,
  rotation: Rotation,
  { heads, window, attentionDropout }: ModernBertSettings,
  ctx: Context,
): Tensor3D {
  const [batch, tokens, dim] = x.shape;
  const joint = linear(params, `${path}.attn.Wqkv`, x);
  const part = (index: number): Tensor4D => {
    const own = slice(joint, [0, 0, index * dim], [batch, tokens, dim]);
    return transpose(reshape<Rank.R4>(own, [batch, tokens, heads, dim / heads]), [0, 2, 1, 3]);
  };
  const attended = scaledDotProductAttention(
    rotate(part(0), rotation),
    rotate(part(1), rotation),
    part(2),
    { mask, ...(!global && { window }), dropout: attentionDropout, ctx, path: `${path}.attn` },
  );
  const together = reshape<Rank.R3>(transpose(attended, [0, 2, 1, 3]), [batch, tokens, dim]);
  return linear(params, `${path}.attn.Wo`, together);
}
