import { add, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import {
  activations,
  dropout as drop,
  initLayerNorm,
  initLinear,
  layerNorm,
  linear,
  selfAttention,
} from '@crossweave/core/nn';
import type { TransformerSettings } from './options';

/** The form of an architecture's layers, and the names of their parameters. */
export interface LayerPlan {
  /** Path of a layer: `encoder.layer.0`. */
  readonly path: (layer: number) => string;
  /** Names below the path of a layer. */
  readonly names: {
    readonly query: string;
    readonly key: string;
    readonly value: string;
    readonly attentionOutput: string;
    readonly attentionNorm: string;
    readonly hidden: string;
    readonly output: string;
    readonly outputNorm: string;
  };
  /** Whether layer norm comes before each sublayer (CLIP) instead of after it (BERT). */
  readonly normFirst: boolean;
  /** Whether a token attends to itself and earlier tokens only. */
  readonly causal: boolean;
  /** Whether dropout acts on the result of attention; default true. */
  readonly dropsAttended?: boolean;
  /** Standard deviations of the initial weights. */
  readonly deviations: {
    readonly attention: number;
    readonly attentionOutput: number;
    readonly hidden: number;
    readonly output: number;
  };
}

export function initLayer(
  key: Key,
  path: string,
  { names, deviations }: LayerPlan,
  { dim, hidden }: TransformerSettings,
): Params {
  const dense = (name: string, from: number, out: number, standardDeviation: number): Params =>
    initLinear(key, `${path}.${name}`, { in: from, out, standardDeviation });
  return mergeParams(
    ...[names.query, names.key, names.value].map((name) =>
      dense(name, dim, dim, deviations.attention),
    ),
    dense(names.attentionOutput, dim, dim, deviations.attentionOutput),
    initLayerNorm(`${path}.${names.attentionNorm}`, dim),
    dense(names.hidden, dim, hidden, deviations.hidden),
    dense(names.output, hidden, dim, deviations.output),
    initLayerNorm(`${path}.${names.outputNorm}`, dim),
  );
}

/** Self attention and a feed-forward layer, each with a residual: [B, N, D] → [B, N, D]. */
export function applyLayer(
  params: Params,
  path: string,
  x: Tensor3D,
  mask: Tensor2D,
  plan: LayerPlan,
  settings: TransformerSettings,
  ctx: Context,
): Tensor3D {
  const { names, normFirst, causal, dropsAttended = true } = plan;
  const { heads, activation, epsilon, dropout, attentionDropout } = settings;
  const at = (name: string): string => `${path}.${name}`;

  const residual = (
    from: Tensor3D,
    norm: string,
    last: string,
    rate: number,
    part: (tokens: Tensor3D) => Tensor3D,
  ): Tensor3D => {
    const inner = part(normFirst ? layerNorm(params, at(norm), from, epsilon) : from);
    const change = drop(linear(params, at(last), inner), rate, ctx, at(last));
    const sum = add<Tensor3D>(from, change);
    return normFirst ? sum : layerNorm(params, at(norm), sum, epsilon);
  };

  const rate = dropsAttended ? dropout : 0;
  const attended = residual(x, names.attentionNorm, names.attentionOutput, rate, (tokens) =>
    selfAttention(params, path, {
      ...{ x: tokens, query: at(names.query), key: at(names.key), value: at(names.value) },
      ...{ heads, mask, causal, ctx, dropout: attentionDropout },
    }),
  );
  return residual(attended, names.outputNorm, names.output, dropout, (tokens) =>
    activations[activation](linear(params, at(names.hidden), tokens)),
  );
}
