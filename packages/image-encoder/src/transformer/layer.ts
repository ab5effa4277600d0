import { add, mul, ones, tidy, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams, parameter, type Context, type Key, type Params } from '@crossweave/core';
import {
  activations,
  dropPath,
  dropout,
  initLayerNorm,
  initLinear,
  layerNorm,
  linear,
  selfAttention,
  type Rotation,
} from '@crossweave/core/nn';
import type { TransformerDeviations, TransformerNames, TransformerSettings } from './names';

/** A layer of a model: its path, and the drop rate of its residuals in training. */
export interface Layer {
  readonly path: string;
  readonly parts: TransformerNames['parts'];
  readonly dropPath: number;
}

export function initLayer(
  key: Key,
  { path, parts }: Layer,
  { dim, hidden }: TransformerSettings,
  deviations: TransformerDeviations,
): Params {
  const dense = (
    name: string,
    from: number,
    out: number,
    standardDeviation: number,
    bias = true,
  ): Params => initLinear(key, `${path}.${name}`, { in: from, out, standardDeviation, bias });
  const scale = (name: string | undefined): Params =>
    name === undefined ? {} : { [`${path}.${name}`]: ones([dim]) };
  return mergeParams(
    dense(parts.query, dim, dim, deviations.attention),
    dense(parts.key, dim, dim, deviations.attention, parts.keyBias ?? true),
    dense(parts.value, dim, dim, deviations.attention),
    dense(parts.attentionOut, dim, dim, deviations.attentionOut),
    dense(parts.hidden, dim, hidden, deviations.hidden),
    dense(parts.hiddenOut, hidden, dim, deviations.hiddenOut),
    initLayerNorm(`${path}.${parts.attentionNorm}`, dim),
    initLayerNorm(`${path}.${parts.hiddenNorm}`, dim),
    scale(parts.attentionScale),
    scale(parts.hiddenScale),
  );
}

/** x + attention(norm(x)), then x + feed-forward(norm(x)): [B, N, D] → [B, N, D]. */
export function applyLayer(
  params: Params,
  layer: Layer,
  x: Tensor3D,
  settings: TransformerSettings,
  ctx: Context,
  rotation?: Rotation,
): Tensor3D {
  const { heads, epsilon, activation, dropout: rate } = settings;
  const at = (part: keyof typeof layer.parts): string => `${layer.path}.${layer.parts[part]}`;
  const scaled = (part: 'attentionScale' | 'hiddenScale', value: Tensor3D): Tensor3D =>
    layer.parts[part] === undefined ? value : mul(value, parameter(params, at(part)));
  const residual = (part: 'attentionOut' | 'hiddenOut', value: Tensor3D): Tensor3D => {
    const scale = part === 'attentionOut' ? 'attentionScale' : 'hiddenScale';
    const dropped = dropout(linear(params, at(part), value), rate, ctx, at(part));
    const change = scaled(scale, dropped);
    return dropPath(change, layer.dropPath, ctx, `${at(part)}.drop_path`);
  };
  return tidy(() => {
    const attended = selfAttention(params, `${layer.path}.attention`, {
      x: layerNorm(params, at('attentionNorm'), x, epsilon),
      ...{ query: at('query'), key: at('key'), value: at('value') },
      ...{ heads, rotation, dropout: rate, ctx },
    });
    const between = add<Tensor3D>(x, residual('attentionOut', attended));
    const normed = layerNorm(params, at('hiddenNorm'), between, epsilon);
    const inner = activations[activation](linear(params, at('hidden'), normed));
    return add(between, residual('hiddenOut', inner));
  });
}
