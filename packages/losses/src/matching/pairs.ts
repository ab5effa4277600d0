import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Key, ModelOutputs, PooledFeatures } from '@crossweave/core';
import { joinRows, negativesPerPair, repeatRows, takeRows, type AnyBatch } from '../rows';
import { rightImages, rightTexts } from '../same';
import { drawNegatives, imageSimilarity, textSimilarity, type DrawOptions } from './draw';

type Outputs = ModelOutputs<PooledFeatures>;

/** Pairs of images and texts to be scored: `perRow` consecutive pairs for each row of the batch. */
export interface Pairs {
  readonly image: PooledFeatures;
  readonly text: PooledFeatures;
  readonly perRow: number;
  /** [B·perRow]: 0 where an entry is not a pair, else 1. */
  readonly weights: readonly number[];
}

/** The true pairs of the batch. */
export function truePairs({ image, text }: Outputs, weights: readonly number[]): Pairs {
  return { image, text, perRow: 1, weights };
}

/** Each image with its given hard negatives; an empty list if the batch has none. */
export function givenFalsePairs(where: string, outputs: Outputs, batch: AnyBatch): Pairs[] {
  const perRow = negativesPerPair(where, outputs, batch);
  const { image, negatives } = outputs;
  if (negatives === undefined || perRow === 0) return [];
  const weights = new Array<number>(batch.size * perRow).fill(1);
  return [{ image: repeatRows(image, perRow), text: negatives, perRow, weights }];
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
  const right = (ofTexts ? rightTexts : rightImages)(batch);
  const { rows, valid } = drawNegatives(key, similarity, right, perRow, options);
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

/** [B] the number of pairs that count for each row. */
export function countPairs(pairs: readonly Pairs[], size: number): number[] {
  return Array.from({ length: size }, (_, b) =>
    pairs.reduce((total, { weights, perRow }) => {
      const own = weights.slice(b * perRow, (b + 1) * perRow);
      return total + own.reduce((sum, weight) => sum + weight, 0);
    }, 0),
  );
}
