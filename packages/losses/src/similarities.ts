import { matMul, mul, reshape, sum } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, type ModelOutputs, type PooledFeatures } from '@crossweave/core';
import { negativesPerPair, repeatRows, type AnyBatch } from './rows';

/** Unit-norm embeddings of a batch. */
export interface Embeddings {
  /** [B, E]. */
  readonly image: Tensor2D;
  /** [B, E]. */
  readonly text: Tensor2D;
}

/**
 * Both sides' embeddings, for losses that scores alone do not serve.
 *
 * @throws ConfigError when the fusion has none.
 */
export function requireEmbeddings(
  where: string,
  outputs: Pick<ModelOutputs<PooledFeatures>, 'image' | 'text' | 'embed'>,
): Embeddings {
  const { image, text } = outputs;
  if (outputs.embed === undefined) {
    throw new ConfigError('the fusion has no embeddings', {
      where,
      expected: 'a separable fusion, whose model outputs have embed()',
      advice: 'Use a dual encoder, or a loss that reads scores, as infoNCE.',
    });
  }
  return { image: outputs.embed('image', image), text: outputs.embed('text', text) };
}

/** [B, B] every image against every text: bare cosines, or logits where the fusion has no embeddings. */
export function similarities(
  outputs: Pick<ModelOutputs<PooledFeatures>, 'image' | 'text' | 'score' | 'embed'>,
): Tensor2D {
  const { image, text } = outputs;
  return outputs.embed === undefined
    ? outputs.score(image, text)
    : cosines(outputs.embed('image', image), outputs.embed('text', text));
}

/** [B, K] each image against its own hard negatives, in the measure of {@link similarities}. */
export function hardSimilarities(
  outputs: ModelOutputs<PooledFeatures>,
  size: number,
  count: number,
): Tensor2D {
  const { image, negatives } = outputs;
  if (outputs.embed === undefined) {
    return reshape(outputs.fuse(repeatRows(image, count), negatives!).match, [size, count]);
  }
  const left = outputs.embed('image', image);
  const width = left.shape[1];
  const right = reshape<Rank.R3>(outputs.embed('text', negatives!), [size, count, width]);
  return sum(mul(right, reshape(left, [size, 1, width])), 2);
}

/**
 * K of a batch that a loss was told to take hard negatives from.
 *
 * @throws ConfigError when it has none.
 */
export function requireNegatives(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
  batch: AnyBatch,
): number {
  const count = negativesPerPair(where, outputs, batch);
  if (count === 0) {
    throw new ConfigError('the batch has no hard negatives', {
      where,
      advice: 'Use data with negatives, or set negatives to false.',
    });
  }
  return count;
}

/** [n, E] and [m, E] → [n, m]. */
export function cosines(a: Tensor2D, b: Tensor2D): Tensor2D {
  return matMul(a, b, false, true);
}
