import { add, mul, ones, reshape } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  normal,
  parameter,
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
  learnedPositions,
  linear,
  multiHeadAttention,
} from '@crossweave/core/nn';
import type { Side } from '../features';
import { fewerTokens } from '../token-embedding';

export interface AttentionPoolingOptions {
  /** Q, the number of learned queries. */
  readonly queries: number;
  readonly heads: number;
  /**
   * Whether to add learned positions to the tokens, so that the summary can depend on the order of
   * tokens.
   */
  readonly positions: boolean;
  /** Rows of the position table if the encoder's token count varies. */
  readonly maxTokens: number;
}

/**
 * About the standard deviation of the encoders' tokens, so that initially neither the content nor
 * the position of a token dominates.
 */
const positionDeviation = 0.5;

/**
 * The pooling head of SigLIP (Zhai et al., arXiv 2303.15343), with Q queries instead of one:
 * `probe` [1, Q, D] attends to the tokens, then a residual pre-norm MLP. Parameters under `path`
 * have Hugging Face's names (`probe`, `attention`, `layernorm`, `mlp.fc1`, `mlp.fc2`).
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

/** [B, Q·D]: the results of all queries side by side. */
export function attentionPooling(
  params: Params,
  path: string,
  side: Side,
  features: Features,
  options: AttentionPoolingOptions,
  ctx: Context,
): Tensor2D {
  const [size, count, dim] = features.tokens.shape;
  const probe = parameter<Tensor3D>(params, `${path}.probe`);
  const tokens = options.positions
    ? add<Tensor3D>(
        features.tokens,
        learnedPositions(params, `${path}.position_embeddings`, count, fewerTokens[side]),
      )
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
