import { add, cast, reshape, slice, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  foldIn,
  mergeParams,
  normal,
  parameter,
  requireComplete,
  type Context,
  type Features,
  type FeatureSpec,
  type Key,
  type Params,
} from '@crossweave/core';
import {
  dropout,
  initLayerNorm,
  initLinear,
  layerNorm,
  learnedPositions,
  linear,
} from '@crossweave/core/nn';
import { requireTokensOf, type Side, type Tokens } from './features';

export interface TokenEmbeddingOptions {
  /** Width D of the fused sequence. */
  readonly dim: number;
  /** Whether to add learned positions. */
  readonly positions: boolean;
  /** Rows of the text's position table if its encoder's token count varies. */
  readonly maxTextTokens: number;
  readonly dropout: number;
}

/**
 * About the standard deviation of a newly projected token (features of variance 1 through PyTorch's
 * default linear layer give sqrt(1/3)), so that initially neither the content nor the position of a
 * token dominates.
 */
export const embeddingDeviation = 0.5;

/** Rows of the token types, as in ViLT and METER. */
const typeRow = { text: 0, image: 1 } as const satisfies Record<Side, number>;

/** Advice if a sequence is longer than its table of positions. */
export const fewerTokens = {
  text: 'Raise maxTextTokens, or truncate the texts.',
  image: 'Use the image size that the model was made for.',
} as const satisfies Record<Side, string>;

const prefix = { text: 'text', image: 'visual' } as const satisfies Record<Side, string>;

/**
 * Parameters that bring both sides to one width: `{text,visual}_projection`,
 * `token_type_embeddings`, `{text,visual}_position_embeddings`, `{text,visual}_norm`.
 *
 * @throws ConfigError for positions of images whose token count varies.
 */
export function initTokenEmbedding(
  key: Key,
  where: string,
  specs: Readonly<Record<Side, FeatureSpec>>,
  options: TokenEmbeddingOptions,
): Params {
  const { dim } = options;
  const table = (path: string, rows: number): Params => ({
    [path]: normal(foldIn(key, path), [rows, dim], 0, embeddingDeviation),
  });
  const side = (which: Side): Params => {
    const name = prefix[which];
    const spec = specs[which];
    const rows = which === 'text' && spec.tokens === 'varies' ? options.maxTextTokens : spec.tokens;
    if (options.positions && rows === 'varies') {
      throw new ConfigError('image positions need a fixed number of image tokens', {
        where,
        expected: 'features.tokens to be a number',
        got: spec.tokens,
        advice: 'Fix the image size, or set positions to false.',
      });
    }
    return mergeParams(
      initLinear(key, `${name}_projection`, { in: spec.dim, out: dim }),
      initLayerNorm(`${name}_norm`, dim),
      options.positions ? table(`${name}_position_embeddings.weight`, rows as number) : {},
    );
  };
  return mergeParams(side('image'), side('text'), table('token_type_embeddings.weight', 2));
}

/**
 * dropout(norm(projection(tokens) + type + position)): [B, N, D], once per row.
 *
 * @throws ConfigError for missing rows, ShapeError for features without tokens.
 */
export function embedTokens(
  params: Params,
  where: string,
  side: Side,
  features: Features,
  ctx: Context,
  options: TokenEmbeddingOptions,
): Tokens {
  requireComplete({ name: where }, features);
  requireTokensOf(where, side, features);
  const name = prefix[side];
  const { dim } = options;
  const types = parameter<Tensor2D>(params, 'token_type_embeddings.weight');
  let x = linear(params, `${name}_projection`, features.tokens);
  x = add(x, reshape(slice(types, [typeRow[side], 0], [1, dim]), [1, 1, dim]));
  if (options.positions) {
    const table = `${name}_position_embeddings`;
    x = add(x, learnedPositions(params, table, features.tokens.shape[1], fewerTokens[side]));
  }
  x = layerNorm(params, `${name}_norm`, x);
  const mask: Tensor2D = cast(features.mask, 'float32');
  return { tokens: dropout(x, options.dropout, ctx, `${name}_norm`), mask };
}
