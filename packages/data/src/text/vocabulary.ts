import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { checkOptions, number, requireText, text, type Checks } from '@crossweave/core/authoring';
import { writeFileAtomic } from '@crossweave/core/node';
import { bertFiles, specialTokens } from './bert-files';
import { contentsOf, fingerprintTokenizer, parseTokenizer, tokenizerFiles } from './files';
import { captionsHash, writeSource } from './source';
import { fromTransformers, type Tokenizer } from './tokenizer';
import { readTokenizer } from './read-tokenizer';
import { bertWords } from './words';

export interface MakeVocabularyOptions {
  /** At most so many entries, special tokens included; the rarest words go. Default 30,522. */
  readonly maxSize?: number;
  /** Words that occur less often become `[UNK]`. Default 1. */
  readonly minCount?: number;
}

export interface VocabularyOptions extends MakeVocabularyOptions {
  /** Folder to write to; made if missing. */
  readonly out: string;
}

/** The words of some captions, as a tokenizer needs them. */
export interface Vocabulary {
  /** In the order of their ids. */
  readonly tokens: readonly string[];
  /** {@link captionsFingerprint} of the captions it was made of. */
  readonly madeOf: string;
}

const makeChecks: Checks<MakeVocabularyOptions> = {
  maxSize: number({ integer: true, min: specialTokens.length + 1, below: 2 ** 31 }),
  minCount: number({ integer: true, min: 1 }),
};

/**
 * A word-level vocabulary of the captions. Ids: the special tokens `[PAD]` 0, `[UNK]` 1, `[CLS]` 2,
 * `[SEP]` 3, `[MASK]` 4, then the words from the most to the least frequent, equals in code-unit
 * order. Texts are lower-cased. Nothing is written.
 *
 * Make it from the training split alone: words of the others are rightly unknown.
 *
 * @throws DataError when the captions hold no word; ConfigError when they are no list of texts
 */
export function makeVocabulary(
  captions: Iterable<string>,
  options: MakeVocabularyOptions = {},
): Vocabulary {
  checkOptions('makeVocabulary', options, makeChecks);
  // One text alone would be taken for its letters.
  if (typeof captions === 'string') throw noTexts('makeVocabulary', 'one text');
  const counter = new WordCounter('makeVocabulary');
  for (const caption of captions) counter.add(caption);
  return counter.vocabulary(options);
}

/**
 * {@link makeVocabulary} of captions that come one after another, such as those of data too large to hold.
 * Memory grows with the different words, not with the captions.
 *
 * @throws as `makeVocabulary`, and what the captions throw
 */
export async function countVocabulary(
  captions: AsyncIterable<string>,
  options: MakeVocabularyOptions = {},
): Promise<Vocabulary> {
  checkOptions('countVocabulary', options, makeChecks);
  const counter = new WordCounter('countVocabulary');
  for await (const caption of captions) counter.add(caption);
  return counter.vocabulary(options);
}

class WordCounter {
  readonly #where: string;
  readonly #counts = new Map<string, number>();
  readonly #hash = captionsHash();
  #captions = 0;

  constructor(where: string) {
    this.#where = where;
  }

  add(caption: string): void {
    if (!isText(caption)) throw noTexts(this.#where, 'an entry that is no text');
    this.#captions++;
    this.#hash.add(caption);
    for (const word of bertWords(caption)) {
      this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
    }
  }

  vocabulary({ maxSize = 30_522, minCount = 1 }: MakeVocabularyOptions): Vocabulary {
    const words = [...this.#counts]
      .filter(([, count]) => count >= minCount)
      .sort(([a, countA], [b, countB]) => (countA === countB ? (a < b ? -1 : 1) : countB - countA))
      .slice(0, maxSize - specialTokens.length)
      .map(([word]) => word);
    if (words.length === 0) {
      throw new DataError('there are no words to make a vocabulary of', {
        where: this.#where,
        expected: `captions with words that occur at least ${minCount} times`,
        got: `${this.#counts.size} different words in ${this.#captions} captions`,
      });
    }
    return { tokens: [...specialTokens, ...words], madeOf: this.#hash.digest() };
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function noTexts(where: string, got: string): ConfigError {
  return new ConfigError('"captions" is no list of texts', {
    where,
    expected: 'a list, or another iterable, of texts',
    got,
  });
}

/**
 * The tokenizer of a vocabulary, without a file: with the ids and the fingerprint of the one that
 * `loadTokenizer` reads after {@link writeVocabulary}.
 */
export function vocabularyTokenizer(vocabulary: Vocabulary): Tokenizer {
  const files = bertFiles(vocabulary.tokens);
  const parsed = parseTokenizer('vocabulary', files);
  return fromTransformers(readTokenizer('vocabulary', parsed), {
    name: 'vocabulary',
    fingerprint: fingerprintTokenizer(files),
    ...contentsOf('vocabulary', parsed),
  });
}

/**
 * Writes a vocabulary as a BERT tokenizer (`tokenizer.json`, `tokenizer_config.json`) that
 * `loadTokenizer` and Hugging Face's own tools read, and beside it `crossweave.json`, by which
 * `vocabularySource` knows the captions that it was made of.
 *
 * @throws DataError when the folder cannot be written
 */
export async function writeVocabulary(vocabulary: Vocabulary, folder: string): Promise<void> {
  await writeBertTokenizer(vocabulary.tokens, folder);
  await writeSource(folder, {
    captions: vocabulary.madeOf,
    tokenizer: fingerprintTokenizer(bertFiles(vocabulary.tokens)),
  });
}

/**
 * {@link makeVocabulary} and {@link writeVocabulary} in one call.
 *
 * @returns the vocabulary, in the order of its ids
 * @throws DataError when the captions hold no word, or the folder cannot be written
 */
export async function buildVocabulary(
  captions: Iterable<string>,
  options: VocabularyOptions,
): Promise<string[]> {
  checkOptions('buildVocabulary', options, { ...makeChecks, out: text() }, ['out']);
  const { out, ...how } = options;
  const vocabulary = makeVocabulary(captions, how);
  await writeVocabulary(vocabulary, out);
  return [...vocabulary.tokens];
}

/**
 * Writes a WordPiece vocabulary (lines of a BERT `vocab.txt`: id = position, `##` marks a
 * continuation) as the two files of a lower-casing BERT tokenizer.
 *
 * @throws DataError when a special token is missing, an entry occurs twice, or the folder cannot be
 *   written
 */
export async function writeBertTokenizer(
  vocabulary: readonly string[],
  folder: string,
): Promise<void> {
  requireText('writeBertTokenizer', 'folder', folder);
  const files = bertFiles(vocabulary);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new DataError('the folder of the tokenizer cannot be made', {
      where: folder,
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'Choose a folder that can be written, where no file of that name stands.',
      cause,
    });
  }
  for (const name of tokenizerFiles) await writeFileAtomic(join(folder, name), files[name]);
}
