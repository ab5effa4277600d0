import type { Key } from '@crossweave/core';
import { count, fields, number, oneOf, share, text, type Checks } from '@crossweave/core/authoring';
import { datasetChecks, type OpenDatasetOptions } from '../forms/open-dataset';
import { decodeChecks, type DecodeOptions } from '../image/options';
import { preprocessingCheck, type Preprocessing } from '../image/preprocessing';
import { augmentationCheck, type Augmentation } from '../pairs/augmentation';
import { maxTokensCheck } from '../text/encode';
import { tokenizerCheck, type Tokenizer } from '../text/tokenizer';

export interface StreamPairsOptions
  extends
    Omit<OpenDatasetOptions, 'incomplete'>,
    Pick<DecodeOptions, 'background' | 'maxPixels' | 'decodeBytes' | 'svg'> {
  /**
   * Shards (`train-{000..099}.tar`, addresses too), a folder of them, or any other files or folder
   * that `openDataset` reads. Every row is a sample: captions of one picture stand in one row.
   */
  readonly source: string | readonly string[];
  /**
   * The split whose rows become samples. Rows of other splits are skipped and counted. A row without a split
   * belongs to the split that the option `split` names. Default: rows of all splits become samples.
   */
  readonly only?: string;
  /** A tokenizer, or the folder of one. */
  readonly tokenizer: Tokenizer | string;
  /** B, of every batch: samples that are left over at the end of an epoch are not shown. */
  readonly batchSize: number;
  /** All randomness comes from it and the epoch. */
  readonly key: Key;
  /**
   * Rows that are shuffled among one another, and held for that: their texts, and where their
   * pictures lie. Shards are shuffled as a whole. 0 keeps the order of the files. Default 4096.
   */
  readonly shuffle?: number;
  /** Batches whose pictures are decoded ahead. Default 2. */
  readonly prefetch?: number;
  /** How pictures become tensors. Default: 224 × 224, ImageNet's statistics. */
  readonly preprocessing?: Preprocessing;
  /** N: every text is padded or truncated to it. Default 64. */
  readonly maxTokens?: number;
  /** `skip` (default) leaves a damaged row or picture out and counts it; `fail` throws its error. */
  readonly policy?: 'skip' | 'fail';
  /**
   * The largest share of the rows that may be damaged, in [0, 1], looked at after the first hundred
   * rows and at the end of an epoch that was read from its beginning. Default 0.05.
   */
  readonly maxRejects?: number;
  /** K hard negatives of each pair's caption. Default 0. */
  readonly negatives?: number;
  /** Which of an image's captions stands in the batch. Default `random`. */
  readonly captions?: 'random' | 'first';
  /** Changes of pictures and texts that keep them true of one another. Default: none. */
  readonly augment?: Augmentation | undefined;
  /** Threads that read, decode and change pictures. Default: one a processor, 2 to 8. */
  readonly workers?: number;
}

const word = number({ integer: true, min: 0, below: 2 ** 32 });

/** A batch has no place for a missing side. */
const ofDatasets = Object.fromEntries(
  Object.entries(datasetChecks).filter(([name]) => name !== 'incomplete'),
) as Checks<Omit<OpenDatasetOptions, 'incomplete'>>;

export const streamChecks: Checks<StreamPairsOptions> = {
  ...ofDatasets,
  source: {
    expected: 'a path, or a list of paths',
    accepts: (value) => {
      const paths: unknown[] = Array.isArray(value) ? value : [value];
      return paths.length > 0 && paths.every((path) => typeof path === 'string' && path !== '');
    },
  },
  background: decodeChecks.background,
  maxPixels: decodeChecks.maxPixels,
  decodeBytes: decodeChecks.decodeBytes,
  svg: decodeChecks.svg,
  only: text(),
  tokenizer: tokenizerCheck,
  batchSize: count(),
  key: fields({ high: word, low: word }, ['high', 'low']),
  shuffle: count(0),
  prefetch: count(),
  preprocessing: preprocessingCheck,
  maxTokens: maxTokensCheck,
  policy: oneOf('skip', 'fail'),
  maxRejects: share(),
  negatives: count(0),
  captions: oneOf('random', 'first'),
  augment: augmentationCheck,
  workers: number({ integer: true, min: 0, max: 64 }),
};
