import { zeros, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import type { PairSplit } from '@crossweave/core';
import type { ChangeableSplit } from '@crossweave/data';

/** A split whose texts are its own and whose pictures are black: for what needs no file. */
export function withBlankPictures(
  split: PairSplit,
  imageSize: number,
): PairSplit & ChangeableSplit<Tensor4D> {
  const images = (rows: readonly number[]): Promise<Tensor4D> =>
    Promise.resolve(zeros<Rank.R4>([rows.length, imageSize, imageSize, 3]));
  return {
    name: split.name,
    records: split.records,
    texts: (captions) => split.texts(captions),
    textIdentity: (caption) => split.textIdentity(caption),
    images,
    changedImages: images,
  };
}
