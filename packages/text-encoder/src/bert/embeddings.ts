import { add, concat, reshape, slice, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { foldIn, parameter, type Context, type Key, type Params } from '@crossweave/core';
import { dropout, embedding, initLayerNorm, layerNorm, normalInit } from '@crossweave/core/nn';
import { epsilon } from './layer';
import type { BertSettings } from './options';

const words = 'embeddings.word_embeddings';
const positions = 'embeddings.position_embeddings';
const types = 'embeddings.token_type_embeddings';
const norm = 'embeddings.LayerNorm';

/** The parameters of Hugging Face's `BertEmbeddings`; the padding token's row is zero. */
export function initEmbeddings(key: Key, settings: BertSettings): Params {
  const { vocabulary, dim, padTokenId, maxPositions, tokenTypes } = settings;
  const table = (path: string, rows: number): Tensor2D =>
    normalInit<Rank.R2>(foldIn(key, `${path}.weight`), [rows, dim], settings.initializerRange);
  const drawn = table(words, vocabulary);
  const after = padTokenId + 1;
  return {
    [`${words}.weight`]: concat([
      slice(drawn, [0, 0], [padTokenId, dim]),
      zeros<Rank.R2>([1, dim]),
      slice(drawn, [after, 0], [vocabulary - after, dim]),
    ]),
    [`${positions}.weight`]: table(positions, maxPositions),
    [`${types}.weight`]: table(types, tokenTypes),
    ...initLayerNorm(norm, dim),
  };
}

/** dropout(norm(word + position + type 0)): int32 [B, N] → [B, N, D]. */
export function embed(
  params: Params,
  ids: Tensor2D,
  settings: BertSettings,
  ctx: Context,
): Tensor3D {
  const { dim } = settings;
  const count = ids.shape[1];
  const places = slice(parameter<Tensor2D>(params, `${positions}.weight`), [0, 0], [count, dim]);
  const type = slice(parameter<Tensor2D>(params, `${types}.weight`), [0, 0], [1, dim]);
  const constant = reshape<Rank.R3>(add<Tensor2D>(places, type), [1, count, dim]);
  const x = add<Tensor3D>(embedding<Tensor3D>(params, words, ids), constant);
  return dropout(layerNorm(params, norm, x, epsilon), settings.dropout, ctx, 'embeddings');
}
