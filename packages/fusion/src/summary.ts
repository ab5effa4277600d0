import { reshape, slice, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { oneOf } from '@crossweave/core/authoring';
import { maskedMean } from '@crossweave/core/nn';
import type { Tokens } from './features';

interface Reading {
  /** How many tokens the summary reads, from the first on. Absent: all. */
  readonly keep?: number;
  /** The summary [B, D] of tokens [B, N, D]. */
  readonly of: (tokens: Tokens) => Tensor2D;
}

const readings = {
  first: {
    keep: 1,
    of: ({ tokens }) => {
      const [size, count, dim] = tokens.shape;
      const first = count === 1 ? tokens : slice(tokens, [0, 0, 0], [size, 1, dim]);
      return reshape<Rank.R2>(first, [size, dim]);
    },
  },
  mean: { of: ({ tokens, mask }) => maskedMean(tokens, mask) },
} as const satisfies Record<string, Reading>;

export type Summary = keyof typeof readings;

export interface SummaryOptions {
  /**
   * How the text's sequence is summarised to one vector. `first` is its first token, which is [CLS]
   * in BERT and similar encoders and must be real (padding comes after the text). `mean` is the
   * mean of the real tokens, for encoders whose sequence begins with a word. `first` costs less,
   * since the last layer computes only this token. Default `first`.
   */
  summary?: Summary;
}

export const summaryCheck = oneOf(...Object.keys(readings));

export function summaryReading(summary: Summary): Reading {
  return readings[summary];
}
