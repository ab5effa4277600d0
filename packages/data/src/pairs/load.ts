import { checkOptions } from '@crossweave/core/authoring';
import { loadTokenizer } from '../text/load';
import { tokenizerCheck } from '../text/tokenizer';
import type { PairDataset } from './dataset';
import { openPairs } from './open';
import { openChecks, type LoadPairsOptions } from './options';

/**
 * Reads a captions file and its images: {@link LoadPairsOptions} says how. `openPairs` does the
 * same step by step.
 *
 * @throws DataError when the captions file is missing, holds no captions, lacks columns or is in
 *   another encoding; when its first records or too many of all (`maxRejects`) are damaged; when
 *   an image file is missing (`missing: 'fail'`), when splits share pictures (`sharedPictures`), or
 *   a split has no usable record left; with `policy: 'fail'` for the first damaged sample
 * @throws ConfigError for a wrong option, or without a tokenizer library
 */
export async function loadPairs(options: LoadPairsOptions): Promise<PairDataset> {
  const checks = { ...openChecks, tokenizer: tokenizerCheck };
  checkOptions('loadPairs', options, checks, ['captions', 'tokenizer']);
  const { tokenizer, ...open } = options;
  // Before the captions are read: a wrong path is told at once.
  const loaded = typeof tokenizer === 'string' ? await loadTokenizer(tokenizer) : tokenizer;
  const pairs = await (await openPairs(open)).withTokenizer(loaded);
  return pairs.decode();
}
