import { zeros, type Rank } from '@tensorflow/tfjs-core';
import type { PairSplit } from '@crossweave/core';

/** A split whose texts are its own and whose pictures are black: for what needs no file. */
export function withBlankPictures(split: PairSplit, imageSize: number): PairSplit {
  return {
    name: split.name,
    records: split.records,
    texts: (captions) => split.texts(captions),
    textIdentity: (caption) => split.textIdentity(caption),
    images: (rows) => Promise.resolve(zeros<Rank.R4>([rows.length, imageSize, imageSize, 3])),
  };
}
