import { add, mul, ones, reshape, slice } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  foldIn,
  mergeParams,
  normal,
  parameter,
  showShape,
  type Context,
  type Features,
  type FeatureSpec,
  type Key,
  type Params,
} from '@crossweave/core';
import {
  gelu,
  initLayerNorm,
  initLinear,
  initMultiHeadAttention,
  layerNorm,
  linear,
  multiHeadAttention,
} from '@crossweave/core/nn';

export interface AttentionPoolingOptions {
  /** Q learned queries. */
  readonly queries: number;
  readonly heads: number;
  /** Adds learned positions to the tokens, so that the summary can say where things are. */
  readonly positions: boolean;
  /** Rows of the position table when the encoder's token count varies. */
  readonly maxTokens: number;
}

/** As wide as the tokens of the encoders here, so that neither content nor place drowns the other. */
const positionDeviation = 0.5;

/**
 * A pooling head as SigLIP's (Zhai et al., arXiv 2303.15343) with Q queries instead of one:
 * `probe` [1, Q, D] attends to the tokens, then a residual pre-norm MLP. Parameters under `path`
 * carry Hugging Face's names (`probe`, `attention`, `layernorm`, `mlp.fc1`, `mlp.fc2`).
 */
export function initAttentionPooling(
  key: Key,
  path: string,
  spec: FeatureSpec,
  options: AttentionPoolingOptions,
): Params {
  const { dim } = spec;
  const rows = spec.tokens === 'varies' ? options.maxTokens : spec.tokens;
  const table = `${path}.position_embeddings.weight`;
  const probe = `${path}.probe`;
  return mergeParams(
    { [probe]: normal(foldIn(key, probe), [1, options.queries, dim]) },
    options.positions
      ? { [table]: normal(foldIn(key, table), [rows, dim], 0, positionDeviation) }
      : {},
    initMultiHeadAttention(key, `${path}.attention`, { dim }),
    initLayerNorm(`${path}.layernorm`, dim),
    initLinear(key, `${path}.mlp.fc1`, { in: dim, out: 2 * dim }),
    initLinear(key, `${path}.mlp.fc2`, { in: 2 * dim, out: dim }),
  );
}

/** [B, Q·D]: what each query saw, side by side. */
export function attentionPooling(
  params: Params,
  path: string,
  features: Features,
  options: AttentionPoolingOptions,
  ctx: Context,
): Tensor2D {
  const [size, count, dim] = features.tokens.shape;
  const probe = parameter<Tensor3D>(params, `${path}.probe`);
  const tokens = options.positions
    ? add<Tensor3D>(features.tokens, positions(params, path, count, dim))
    : features.tokens;
  const seen = multiHeadAttention(params, `${path}.attention`, {
    query: mul(probe, ones([size, 1, 1])),
    context: tokens,
    mask: features.mask,
    heads: options.heads,
    ctx,
  });
  const between = gelu(
    linear(params, `${path}.mlp.fc1`, layerNorm(params, `${path}.layernorm`, seen)),
  );
  const pooled = add(seen, linear(params, `${path}.mlp.fc2`, between));
  return reshape(pooled, [size, options.queries * dim]);
}

function positions(params: Params, path: string, count: number, dim: number): Tensor3D {
  const table = parameter<Tensor2D>(params, `${path}.position_embeddings.weight`);
  if (count > table.shape[0]) {
    throw new ShapeError('there are more tokens than learned positions', {
      where: path,
      expected: `at most ${table.shape[0]} tokens`,
      got: showShape(['B', count, 'D']),
      advice: 'Raise maxTextTokens, or use the image size the model was made for.',
    });
  }
  return reshape<Rank.R3>(slice(table, [0, 0], [count, dim]), [1, count, dim]);
}

/** @throws ConfigError when the heads do not divide the width. */
export function checkHeads(where: string, dim: number, heads: number): void {
  if (dim % heads !== 0) {
    throw new ConfigError('the heads do not divide the width', {
      where,
      expected: `a divisor of ${dim}`,
      got: heads,
    });
  }
}
