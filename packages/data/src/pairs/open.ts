import { checkOptions } from '@crossweave/core/authoring';
import { loadTokenizer } from '../text/load';
import type { Tokenizer } from '../text/tokenizer';
import { openChecks, preprocessingOf, type OpenPairsOptions } from './options';
import { readPairs } from './read-pairs';
import { groupBySplit, splitNamed, type SplitTable } from './split-table';
import { tokenisePairs, type TokenisedPairs } from './tokenised';

/** What a captions file holds, before a tokenizer is known and a picture looked at. */
export interface OpenedPairs {
  readonly splits: SplitTable<{ readonly records: number; readonly captions: number }>;
  /**
   * The captions of a split as written, in the order of the file: what a vocabulary is made of.
   *
   * @throws DataError that names the splits there are
   */
  captions(split: string): string[];
  /**
   * The second step: tokenises the captions, looks for the image files, and checks all that can be
   * checked before a picture is decoded.
   *
   * @param tokenizer a tokenizer, or the path of its folder
   * @throws DataError when image files are missing (`missing: 'fail'`), or too many of them
   * @throws ConfigError when `maxTokens` leaves no room for a token, or no library can read the
   *   tokenizer
   */
  withTokenizer(tokenizer: Tokenizer | string): Promise<TokenisedPairs>;
}

/**
 * The first step of loading pairs: checks the options and reads the captions file. Take it instead
 * of `loadPairs` where something depends on the captions, such as a vocabulary made of them, or
 * where a config is to be checked before pictures are decoded:
 *
 * ```ts
 * const opened = await openPairs({ captions: 'data/captions.jsonl', imageSize: 64 });
 * const vocabulary = makeVocabulary(opened.captions('train'));
 * const pairs = await opened.withTokenizer(vocabularyTokenizer(vocabulary));
 * // … check models and batches with pairs.split('train') and pairs.tokenizer …
 * const data = await pairs.decode();
 * ```
 *
 * @throws DataError when the captions file is missing, holds no captions, lacks columns or is in
 *   another encoding; when its first records or too many of all (`maxRejects`) are damaged; when
 *   an image file is in two splits (`sharedPictures`); with `policy: 'fail'` for the first row that
 *   cannot be read
 * @throws ConfigError for a wrong option
 */
export async function openPairs(options: OpenPairsOptions): Promise<OpenedPairs> {
  checkOptions('openPairs', options, openChecks, ['captions']);
  preprocessingOf('openPairs', options);
  const read = await readPairs(options);
  const splits = Object.fromEntries(
    Array.from(groupBySplit(read.samples), ([name, samples]) => [
      name,
      { records: samples.length, captions: samples.flatMap(({ captions }) => captions).length },
    ]),
  );
  return {
    splits,
    captions: (split) => {
      splitNamed(splits, split, options.captions, ({ records }) => records);
      return read.samples.flatMap((sample) => (sample.split === split ? sample.captions : []));
    },
    withTokenizer: async (tokenizer) =>
      tokenisePairs(
        read,
        typeof tokenizer === 'string' ? await loadTokenizer(tokenizer) : tokenizer,
      ),
  };
}
