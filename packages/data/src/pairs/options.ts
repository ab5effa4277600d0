import { ConfigError } from '@crossweave/core';
import { checkDecodeOptions, type DecodeOptions } from '../image/options';
import type { Normalisation } from '../image/normalise';
import type { ReadRowsOptions } from '../records/read';
import type { Tokenizer } from '../text/tokenizer';

export interface LoadPairsOptions extends ReadRowsOptions, Omit<DecodeOptions, 'size'> {
  /** Path of the captions file: JSONL, CSV or TSV. Image paths are relative to its folder. */
  readonly captions: string;
  /** A tokenizer, or the folder of one. */
  readonly tokenizer: Tokenizer | string;
  /** Height and width of the images in pixels. Default 224. */
  readonly imageSize?: number;
  /** N: every text is padded or truncated to it, at most 512. Default 64. */
  readonly maxTokens?: number;
  /** Default: ImageNet's mean and standard deviation. */
  readonly normalise?: Normalisation;
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
   * How much is looked at before the first batch. `decode` (default) decodes every image once,
   * into the cache as far as it goes, so that damage is known before training starts.
   * `first` decodes the first {@link eagerCount} records only; damage found later throws,
   * unless the policy is `placeholder`.
   */
  readonly check?: 'decode' | 'first';
  /** Bytes of decoded pictures to keep in memory. Default 1 GiB; 0 keeps none. */
  readonly cacheBytes?: number;
  /** Images read and decoded at the same time. Default 8. */
  readonly concurrency?: number;
  /** Called as images are checked. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Records looked at first: when all of them are damaged, the data is not what it is taken for. */
export const eagerCount = 8;

/** @throws ConfigError for the first option that is out of range */
export function checkLoadOptions(options: LoadPairsOptions): void {
  checkDecodeOptions({
    ...options,
    ...(options.imageSize !== undefined && { size: options.imageSize }),
  });
  whole('cacheBytes', options.cacheBytes, 0);
  whole('concurrency', options.concurrency, 1);
  oneOf('policy', options.policy, ['skip', 'fail', 'placeholder']);
  oneOf('missing', options.missing, ['fail', 'policy']);
  oneOf('check', options.check, ['decode', 'first']);
}

function whole(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new ConfigError(`${name} is out of range`, {
    where: 'loadPairs',
    expected: `a whole number of at least ${least}`,
    got: value,
  });
}

function oneOf(name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw new ConfigError(`${name} is unknown`, {
    where: 'loadPairs',
    expected: known.join(' | '),
    got: value,
  });
}
