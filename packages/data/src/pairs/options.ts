import {
  callback,
  count,
  number,
  oneOf,
  share,
  text,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import { ConfigError } from '@crossweave/core';
import { decodeChecks, type DecodeOptions } from '../image/options';
import { normalisationCheck, type Normalisation } from '../image/normalise';
import {
  defaultPreprocessing,
  preprocessingCheck,
  requirePreprocessing,
  type Preprocessing,
} from '../image/preprocessing';
import { holdOutCheck, type HoldOut } from './hold-out';
import {
  datasetChecks,
  sourceCheck,
  type DatasetSource,
  type OpenDatasetOptions,
} from '../forms/open-dataset';
import { maxTokensCheck } from '../text/encode';
import type { Tokenizer } from '../text/tokenizer';

export interface OpenPairsOptions extends OpenDatasetOptions, Omit<DecodeOptions, 'size'> {
  /**
   * The data, in any form that {@link openDataset} reads: a captions file (JSONL, CSV or TSV; image
   * paths are relative to its folder), COCO captions, shards, Parquet files, a folder for each
   * class, or records of a program.
   */
  readonly captions: DatasetSource;
  /** Height and width of the images in pixels. Default 224. */
  readonly imageSize?: number;
  /** N: every text is padded or truncated to it, at most 512. Default 64. */
  readonly maxTokens?: number;
  /** Default: ImageNet's mean and standard deviation. */
  readonly normalise?: Normalisation;
  /**
   * Size, resize, filter and normalisation as one value, such as `checkpointPreprocessing` gives
   * for a checkpoint; not together with any of them.
   */
  readonly preprocessing?: Preprocessing;
  /**
   * What becomes of a damaged sample (a row that cannot be read, an image that cannot be decoded):
   * `skip` (default) leaves it out and reports it, `fail` throws its error, `placeholder`
   * puts a picture of the normalisation's mean colour in place of the image and reports it (a
   * row that cannot be read is skipped).
   */
  readonly policy?: 'skip' | 'fail' | 'placeholder';
  /**
   * What becomes of a record whose image file is not there: `fail` (default), because
   * it mostly means a wrong folder, or `policy` to treat it as a damaged sample.
   */
  readonly missing?: 'fail' | 'policy';
  /**
   * The largest share of the rows that may be damaged, in [0, 1]; more is an error, because then
   * the file is not what it is taken for. Default 0.05 for files of at least 20 rows; in smaller
   * ones a single row would be more than that, so there nothing is refused by share unless a
   * share is given.
   */
  readonly maxRejects?: number;
  /**
   * Shares of the records of `train` (and of those that name no split) that become other splits,
   * such as `{ test: 0.1, val: 0.1 }`. The same records go at every start, groups as a whole.
   */
  readonly holdOut?: HoldOut;
  /**
   * What becomes of pictures that two splits share: a model is then tested on what it was trained
   * on. `refuse` (default) throws when an image file is in two splits, or when more than 5 % of the
   * smaller split's pictures have the same bytes as one of the other's; fewer are reported.
   * `allow` reports all of them. Groups in two splits are treated in the same way where
   * `columns.group` names the column. Ids in two splits, and pictures of other bytes that look the
   * same, are reported.
   */
  readonly sharedPictures?: 'refuse' | 'allow';
  /**
   * How much is looked at before the first batch. `decode` (default) decodes every image once,
   * into the cache as far as it goes, so that damage is known before training starts.
   * `first` decodes the first {@link eagerCount} records only; damage found later throws,
   * unless the policy is `placeholder`.
   */
  readonly check?: 'decode' | 'first';
  /** Bytes of decoded pictures to keep in memory. Default 1 GiB; 0 keeps none. */
  readonly cacheBytes?: number;
  /**
   * Folder in which decoded pictures are kept, so that they are not decoded again at the next start;
   * see `measurePictureStore` and `prunePictureStore`. Default: none.
   */
  readonly pictureStore?: string;
  /**
   * Threads that read, decode and change pictures while the program trains. 0 does it in the
   * program's own thread. Default: one a processor (2 to 8), and 0 for fewer than 512 pictures.
   * Results do not depend on it.
   */
  readonly workers?: number;
  /** Images read and decoded at the same time without `workers`. Default 8. */
  readonly concurrency?: number;
  /** Called as images are checked. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops reading and decoding, within a second; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
}

export interface LoadPairsOptions extends OpenPairsOptions {
  /** A tokenizer, or the folder of one. */
  readonly tokenizer: Tokenizer | string;
}

/** Records looked at first: when all of them are damaged, the data is not what it is taken for. */
export const eagerCount = 8;

const wholeFrom = (min: number): Check => number({ integer: true, min });

/** What decoding takes besides the size, which is called `imageSize` here. */
const { size: imageSize, ...imageChecks } = decodeChecks;

export const openChecks: Checks<OpenPairsOptions> = {
  ...datasetChecks,
  ...imageChecks,
  captions: sourceCheck,
  imageSize,
  maxTokens: maxTokensCheck,
  normalise: normalisationCheck,
  preprocessing: preprocessingCheck,
  policy: oneOf('skip', 'fail', 'placeholder'),
  missing: oneOf('fail', 'policy'),
  maxRejects: share(),
  holdOut: holdOutCheck,
  sharedPictures: oneOf('refuse', 'allow'),
  check: oneOf('decode', 'first'),
  cacheBytes: wholeFrom(0),
  pictureStore: text(),
  workers: number({ integer: true, min: 0, max: 64 }),
  concurrency: count(),
  onProgress: callback('that takes how many of how many pictures are done'),
};

/**
 * How pictures become tensors by these options.
 *
 * @throws ConfigError when it is said twice, or more is cut out than there is
 */
export function preprocessingOf(where: string, options: OpenPairsOptions): Preprocessing {
  const { preprocessing, imageSize } = options;
  const parts = ['imageSize', 'resize', 'resizeTo', 'middle', 'filter', 'normalise'] as const;
  if (preprocessing !== undefined) {
    const twice = parts.find((name) => options[name] !== undefined);
    if (twice !== undefined) {
      throw new ConfigError(`"preprocessing" says what "${twice}" says too`, {
        where,
        expected: `one of the two`,
        got: options[twice],
      });
    }
    requirePreprocessing(where, preprocessing);
    return preprocessing;
  }
  const size = imageSize ?? defaultPreprocessing.size;
  const made: Preprocessing = {
    size,
    resize: options.resize ?? defaultPreprocessing.resize,
    resizeTo: options.resizeTo ?? size,
    middle: options.middle ?? defaultPreprocessing.middle,
    filter: options.filter ?? defaultPreprocessing.filter,
    normalise: options.normalise ?? defaultPreprocessing.normalise,
  };
  requirePreprocessing(where, made);
  return made;
}
