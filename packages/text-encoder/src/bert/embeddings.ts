import {
  add,
  concat,
  cumsum,
  mul,
  notEqual,
  reshape,
  scalar,
  slice,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  parameter,
  type Context,
  type Key,
  type Params,
  type TextInput,
} from '@crossweave/core';
import {
  dropout,
  embedding,
  initLayerNorm,
  layerNorm,
  learnedPositions,
  normalInit,
} from '@crossweave/core/nn';
import type { BertSettings } from './options';

const words = 'embeddings.word_embeddings';
const positions = 'embeddings.position_embeddings';
const types = 'embeddings.token_type_embeddings';
const norm = 'embeddings.LayerNorm';

/** How the embeddings of BERT and RoBERTa differ. */
export interface EmbeddingPlan {
  /**
   * `'all'`: the n-th token has position n. `'real'` (RoBERTa): only real tokens are counted; the
   * first of them has the position padding id + 1, and all padding has the position padding id.
   */
  readonly counts: 'all' | 'real';
}

/**
 * The parameters of Hugging Face's `BertEmbeddings`, `RobertaEmbeddings` or DistilBERT's
 * `Embeddings`; the row of the padding token is zero.
 */
export function initEmbeddings(
  key: Key,
  { counts }: EmbeddingPlan,
  settings: BertSettings,
): Params {
  const { vocabulary, dim, padTokenId, maxPositions, tokenTypes } = settings;
  const table = (path: string, rows: number): Tensor2D =>
    normalInit<Rank.R2>(foldIn(key, `${path}.weight`), [rows, dim], settings.initializerRange);
  const places = counts === 'all' ? maxPositions : maxPositions + padTokenId + 1;
  return {
    [`${words}.weight`]: withoutRow(table(words, vocabulary), padTokenId),
    [`${positions}.weight`]:
      counts === 'all'
        ? table(positions, places)
        : withoutRow(table(positions, places), padTokenId),
    ...(tokenTypes > 0 && { [`${types}.weight`]: table(types, tokenTypes) }),
    ...initLayerNorm(norm, dim),
  };
}

/** dropout(norm(word + position + type)): int32 [B, N] → [B, N, D]. */
export function embed(
  params: Params,
  input: TextInput,
  plan: EmbeddingPlan,
  settings: BertSettings,
  ctx: Context,
): Tensor3D {
  const { input_ids } = input;
  const places =
    plan.counts === 'all'
      ? learnedPositions(params, positions, input_ids.shape[1])
      : embedding<Tensor3D>(params, positions, countReal(input, settings.padTokenId));
  // Positions and types are often the same for all texts, so they are summed first.
  const constant =
    settings.tokenTypes === 0 ? places : add<Tensor3D>(places, typesOf(params, input));
  const x = add<Tensor3D>(embedding<Tensor3D>(params, words, input_ids), constant);
  const { epsilon, dropout: rate } = settings;
  return dropout(layerNorm(params, norm, x, epsilon), rate, ctx, 'embeddings');
}

/** The embedding of type 0 [1, 1, D], or of the given types [B, N, D]. */
function typesOf(params: Params, { token_type_ids }: TextInput): Tensor {
  if (token_type_ids !== undefined) return embedding<Tensor3D>(params, types, token_type_ids);
  const table = parameter<Tensor2D>(params, `${types}.weight`);
  return reshape<Rank.R3>(slice(table, [0, 0], [1, table.shape[1]]), [1, 1, table.shape[1]]);
}

/**
 * int32 [B, N]: `padTokenId` + 1, `padTokenId` + 2, … at the real tokens, `padTokenId` elsewhere.
 */
function countReal({ input_ids, attention_mask }: TextInput, padTokenId: number): Tensor2D {
  const real = mul<Tensor2D>(notEqual(input_ids, padTokenId), attention_mask);
  return add(mul(cumsum(real, 1), real), scalar(padTokenId, 'int32'));
}

/** The table with zeros in one row. */
function withoutRow(table: Tensor2D, row: number): Tensor2D {
  const [rows, dim] = table.shape;
  return concat([
    slice(table, [0, 0], [row, dim]),
    zeros<Rank.R2>([1, dim]),
    slice(table, [row + 1, 0], [rows - row - 1, dim]),
  ]);
}
