import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { PooledFeatures } from './features';
import type { ModelOutputs } from './loss';

/**
 * The outputs of a model of which only the embeddings are there: [B, E] of each side, [B·K, E] of the
 * false texts. Losses over batches that are encoded in pieces are computed from them.
 *
 * @param all `image`, `text` and, where there are false texts, `negatives`.
 * @param refuse throws the error for a loss that reads `what` else.
 */
export function outputsOfEmbeddings(
  all: Readonly<Record<string, Tensor2D>>,
  refuse: (what: string) => never,
): ModelOutputs<PooledFeatures> {
  const side = (pooled: Tensor2D): PooledFeatures => ({ pooled });
  return {
    image: side(all['image']!),
    text: side(all['text']!),
    ...(all['negatives'] && { negatives: side(all['negatives']) }),
    fuse: () => refuse('fused pairs'),
    score: () => refuse("the fusion's scores"),
    embed: (_, { pooled }) => pooled,
  };
}
