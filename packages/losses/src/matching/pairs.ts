import { reshape, type Rank, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  hostValue,
  hostValues,
  type HostValue,
  type Key,
  type ModelOutputs,
  type PooledFeatures,
} from '@crossweave/core';
import {
  fuseEach,
  interleaveRows,
  joinRows,
  negativesPerPair,
  repeatRows,
  takeRows,
  type AnyBatch,
} from '../rows';
import { rightImagesOf, rightTextsOf } from '../same';
import { drawNegatives, imageSimilarity, textSimilarity, type DrawOptions } from './draw';

type Outputs = ModelOutputs<PooledFeatures>;

/** Pairs of images and texts to be scored: `perRow` consecutive pairs for each row of the batch. */
export interface Pairs {
  readonly image: PooledFeatures;
  readonly text: PooledFeatures;
  readonly perRow: number;
  /** [B·perRow]: 0 where an entry is not a pair, else 1. */
  readonly weights: HostValue<readonly number[]>;
}

/** The true pairs of the batch. */
export function truePairs({ image, text }: Outputs, weights: HostValue<readonly number[]>): Pairs {
  return { image, text, perRow: 1, weights };
}

/** Each image with its given hard negatives; an empty list if the batch has none. */
export function givenFalsePairs(where: string, outputs: Outputs, batch: AnyBatch): Pairs[] {
  const perRow = negativesPerPair(where, outputs, batch);
  const { image, negatives } = outputs;
  if (negatives === undefined || perRow === 0) return [];
  const weights = everyPair(batch.size * perRow);
  return [{ image: repeatRows(image, perRow), text: negatives, perRow, weights }];
}

/** Every one of `count` entries is a pair. */
export function everyPair(count: number): HostValue<readonly number[]> {
  return hostValue(new Array<number>(count).fill(1));
}

/** Each image with texts drawn from the batch (`texts`), or each text with images (`images`). */
export function drawnPairs(
  drawn: 'texts' | 'images',
  outputs: Outputs,
  batch: AnyBatch,
  key: Key,
  perRow: number,
  options: DrawOptions,
): Pairs[] {
  if (perRow === 0) return [];
  const ofTexts = drawn === 'texts';
  const similarity = (): Tensor2D => (ofTexts ? textSimilarity : imageSimilarity)(outputs);
  const right = (ofTexts ? rightTextsOf : rightImagesOf)(batch);
  const { rows, valid } = drawNegatives(key, similarity, right, batch.size, perRow, options);
  const { image, text } = outputs;
  return [
    {
      image: ofTexts ? repeatRows(image, perRow) : takeRows(image, rows),
      text: ofTexts ? takeRows(text, rows) : repeatRows(text, perRow),
      perRow,
      weights: valid,
    },
  ];
}

/** [all pairs] the fusion's `match` of every pair, in order, computed in one pass. */
export function matchOf(outputs: Outputs, pairs: readonly Pairs[]): Tensor1D {
  return outputs.fuse(
    joinRows(pairs.map(({ image }) => image)),
    joinRows(pairs.map(({ text }) => text)),
  ).match;
}

/**
 * [B, all pairs of a row] the fusion's `match` of the pairs of each image, those of the first kind
 * first. Every pair must be of its row's own image.
 */
export function matchOfRows(outputs: Outputs, pairs: readonly Pairs[], size: number): Tensor2D {
  const count = pairs.reduce((total, { perRow }) => total + perRow, 0);
  const texts = interleaveRows(
    pairs.map(({ text, perRow }) => ({ features: text, perRow })),
    size,
  );
  return reshape<Rank.R2>(fuseEach(outputs, outputs.image, texts, count).match, [size, count]);
}

/** [B] the number of pairs that count for each row. */
export function countPairs(pairs: readonly Pairs[], size: number): HostValue<readonly number[]> {
  return hostValues(pairs.map(({ weights }) => weights)).map((all) =>
    Array.from({ length: size }, (_, b) =>
      all.reduce((total, weights, i) => {
        const { perRow } = pairs[i]!;
        const own = weights.slice(b * perRow, (b + 1) * perRow);
        return total + own.reduce((sum, weight) => sum + weight, 0);
      }, 0),
    ),
  );
}
