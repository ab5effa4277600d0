import { gather, type Tensor } from '@tensorflow/tfjs-core';
import { count as countCheck, number } from '../authoring/checks';
import { checkOptions } from '../authoring/options';
import { ShapeError } from '../errors';
import { foldIn, type Key } from '../keys';
import { parameter, type Params } from '../params';
import { normalInit } from './initialisers';

export interface EmbeddingOptions {
  /** Number of rows of the table; ids are in [0, count). */
  readonly count: number;
  readonly dim: number;
  /**
   * Standard deviation of the initial values; default 1, as `torch.nn.Embedding`. BERT and CLIP use
   * 0.02.
   */
  readonly standardDeviation?: number;
}

const checks = { count: countCheck(), dim: countCheck(), standardDeviation: number({ min: 0 }) };

/**
 * `torch.nn.Embedding`'s table: weight [count, dim], normal.
 *
 * @throws ConfigError for a wrong option.
 */
export function initEmbedding(key: Key, path: string, options: EmbeddingOptions): Params {
  checkOptions<EmbeddingOptions>(path, options, checks, ['count', 'dim']);
  const weight = `${path}.weight`;
  const { count, dim, standardDeviation = 1 } = options;
  return { [weight]: normalInit(foldIn(key, weight), [count, dim], standardDeviation) };
}

/**
 * Rows of the table by id: int32 [B, N] (any rank) → [B, N, D].
 *
 * @throws ShapeError when the ids are not int32.
 */
export function embedding<T extends Tensor>(params: Params, path: string, ids: Tensor): T {
  if (ids.dtype !== 'int32') {
    throw new ShapeError('ids must be int32', { where: path, expected: 'int32', got: ids.dtype });
  }
  // The rank of the result is one more than that of the ids; the type cannot express it.
  return gather<Tensor>(parameter(params, `${path}.weight`), ids) as T;
}
