import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { writeFileAtomic } from '@crossweave/core/node';
import { bertWords } from './words';

export interface VocabularyOptions {
  /** Folder to write to; made if missing. */
  readonly out: string;
  /** At most so many entries, special tokens included; the rarest words go. Default 30,522. */
  readonly maxSize?: number;
  /** Words that occur less often become `[UNK]`. Default 1. */
  readonly minCount?: number;
}

const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

/**
 * A word-level vocabulary of the captions, written as a BERT tokenizer (`tokenizer.json`,
 * `tokenizer_config.json`) that {@link loadTokenizer} and Hugging Face's own tools read.
 * Ids: the special tokens `[PAD]` 0, `[UNK]` 1, `[CLS]` 2, `[SEP]` 3, `[MASK]` 4, then the
 * words from the most to the least frequent, equals in code-unit order. Texts are lower-cased.
 *
 * Build it from the training split alone: words of the others are rightly unknown.
 *
 * @returns the vocabulary, in the order of its ids
 * @throws DataError when the captions hold no word
 */
export async function buildVocabulary(
  captions: Iterable<string>,
  { out, maxSize = 30_522, minCount = 1 }: VocabularyOptions,
): Promise<string[]> {
  atLeast('maxSize', maxSize, specialTokens.length + 1);
  atLeast('minCount', minCount, 1);
  const counts = new Map<string, number>();
  for (const caption of captions) {
    for (const word of bertWords(caption)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts]
    .filter(([, count]) => count >= minCount)
    .sort(([a, countA], [b, countB]) => (countA === countB ? (a < b ? -1 : 1) : countB - countA))
    .slice(0, maxSize - specialTokens.length)
    .map(([word]) => word);
  if (words.length === 0) {
    throw new DataError('there are no words to build a vocabulary from', {
      where: 'buildVocabulary',
      expected: `captions with words that occur at least ${minCount} times`,
      got: `${counts.size} different words`,
    });
  }
  const vocabulary = [...specialTokens, ...words];
  await writeBertTokenizer(vocabulary, out);
  return vocabulary;
}

/**
 * Writes a WordPiece vocabulary (lines of a BERT `vocab.txt`: id = position, `##` marks a
 * continuation) as the two files of a lower-casing BERT tokenizer.
 *
 * @throws DataError when a special token is missing or an entry occurs twice
 */
export async function writeBertTokenizer(
  vocabulary: readonly string[],
  folder: string,
): Promise<void> {
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const missing = specialTokens.filter((token) => !ids.has(token));
  if (missing.length > 0 || ids.size !== vocabulary.length) {
    throw new DataError('this is not a BERT vocabulary', {
      where: 'writeBertTokenizer',
      expected: `different entries, among them ${specialTokens.join(' ')}`,
      got: missing.length > 0 ? `no ${missing.join(' ')}` : 'entries that occur twice',
    });
  }
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'tokenizer.json'), tokenizerJson(ids));
  await writeJson(join(folder, 'tokenizer_config.json'), {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    model_max_length: 512,
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  });
}

/** The layout of Hugging Face's `tokenizers` library, version 1.0 of its file. */
function tokenizerJson(ids: ReadonlyMap<string, number>): object {
  const special = (token: string): object => ({
    SpecialToken: { id: token, type_id: 0 },
  });
  const specialEntry = (token: string): [string, object] => [
    token,
    { id: token, ids: [ids.get(token)], tokens: [token] },
  ];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content) => ({
      id: ids.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [
        special('[CLS]'),
        { Sequence: { id: 'A', type_id: 0 } },
        special('[SEP]'),
        { Sequence: { id: 'B', type_id: 1 } },
        { SpecialToken: { id: '[SEP]', type_id: 1 } },
      ],
      special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map(specialEntry)),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  };
}

function writeJson(file: string, value: object): Promise<void> {
  return writeFileAtomic(file, `${JSON.stringify(value)}\n`);
}

function atLeast(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new ConfigError(`${name} is out of range`, {
    where: 'buildVocabulary',
    expected: `a whole number of at least ${least}`,
    got: value,
  });
}
