import { DataError } from '@crossweave/core';
import { anyText, listOf, requireValue } from '@crossweave/core/authoring';
import type { TokenizerFiles } from './files';

/** In the order of their ids, from 0. */
export const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

const tokensCheck = listOf(anyText());

/**
 * A WordPiece vocabulary (lines of a BERT `vocab.txt`: id = position, `##` marks a continuation) as
 * the two files of a lower-casing BERT tokenizer.
 *
 * @throws DataError when a special token is missing or an entry occurs twice
 * @throws ConfigError when the vocabulary is not a list of strings
 */
export function bertFiles(vocabulary: readonly string[]): TokenizerFiles {
  requireValue('vocabulary', 'tokens', vocabulary, tokensCheck);
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const missing = specialTokens.filter((token) => !ids.has(token));
  if (missing.length > 0 || ids.size !== vocabulary.length) {
    throw new DataError('this is not a BERT vocabulary', {
      where: 'writeBertTokenizer',
      expected: `different entries, among them ${specialTokens.join(' ')}`,
      got: missing.length > 0 ? `no ${missing.join(' ')}` : 'entries that occur twice',
    });
  }
  const config = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    model_max_length: 512,
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  };
  return {
    'tokenizer.json': `${JSON.stringify(tokenizerJson(ids))}\n`,
    'tokenizer_config.json': `${JSON.stringify(config)}\n`,
  };
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
