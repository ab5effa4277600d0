import { matMul, mul, reshape, sum } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, checkShapes, type ModelOutputs, type PooledFeatures } from '@crossweave/core';
import { fuseEach, negativesPerPair, type AnyBatch } from './rows';

/** Unit-norm embeddings of a batch. */
export interface Embeddings {
  /** [B, E] image embeddings. */
  readonly image: Tensor2D;
  /** [B, E] text embeddings. */
  readonly text: Tensor2D;
}

/**
 * The embeddings of both sides, for losses that need more than scores.
 *
 * @throws ConfigError when the fusion has no embeddings.
 */
export function requireEmbeddings(
  where: string,
  outputs: Pick<ModelOutputs<PooledFeatures>, 'image' | 'text' | 'embed'>,
): Embeddings {
  const { image, text } = outputs;
  if (outputs.embed === undefined) {
    throw new ConfigError('the loss needs embeddings, and the fusion has none', {
      where,
      expected: 'a separable fusion, whose model outputs have embed()',
      advice: 'Use a dual encoder, or a loss that reads scores, such as infoNCE.',
    });
  }
  return embeddingsOf(where, outputs.embed, image, text);
}

function embeddingsOf<F extends PooledFeatures>(
  where: string,
  embed: NonNullable<ModelOutputs<F>['embed']>,
  image: F,
  text: F,
): Embeddings {
  const embeddings = { image: embed('image', image), text: embed('text', text) };
  checkShapes(where, {
    'the embeddings of the images': [embeddings.image, ['B', 'E']],
    'the embeddings of the texts': [embeddings.text, ['B', 'E']],
  });
  return embeddings;
}

/**
 * [B, B] similarities of every image with every text: cosines, or logits if the fusion has no
 * embeddings.
 */
export function similarities(
  outputs: Pick<ModelOutputs<PooledFeatures>, 'image' | 'text' | 'score' | 'embed'>,
): Tensor2D {
  const { image, text } = outputs;
  if (outputs.embed === undefined) return outputs.score(image, text);
  const embeddings = embeddingsOf('similarities', outputs.embed, image, text);
  return cosines(embeddings.image, embeddings.text);
}

/**
 * [B, K] similarities of each image with its own hard negatives, of the kind of {@link
 * similarities}.
 */
export function hardSimilarities(
  outputs: ModelOutputs<PooledFeatures>,
  size: number,
  count: number,
): Tensor2D {
  const { image, negatives } = outputs;
  if (outputs.embed === undefined) {
    return reshape(fuseEach(outputs, image, negatives!, count).match, [size, count]);
  }
  const left = outputs.embed('image', image);
  const width = left.shape[1];
  const right = reshape<Rank.R3>(outputs.embed('text', negatives!), [size, count, width]);
  return sum(mul(right, reshape(left, [size, 1, width])), 2);
}

/**
 * K of a batch, for a loss whose option `negatives` is true.
 *
 * @throws ConfigError when the batch has no hard negatives.
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
      advice: 'Use data with hard negatives, or set negatives to false.',
    });
  }
  return count;
}

/** [n, E] and [m, E] → [n, m]. */
export function cosines(a: Tensor2D, b: Tensor2D): Tensor2D {
  return matMul(a, b, false, true);
}
