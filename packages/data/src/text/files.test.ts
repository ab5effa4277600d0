import { describe, expect, it } from 'vitest';
import { bertFiles } from './bert-files';
import {
  contentsOf,
  fingerprintTokenizer,
  parseTokenizer,
  type TokenizerContents,
  type TokenizerFiles,
} from './files';

const config = '{}';
const parse = (tokenizer: unknown, settings = config): TokenizerContents => {
  const files = {
    'tokenizer.json': typeof tokenizer === 'string' ? tokenizer : JSON.stringify(tokenizer),
    'tokenizer_config.json': settings,
  };
  return contentsOf('folder', parseTokenizer('folder', files));
};

describe('the files of a tokenizer', () => {
  it.each<[string, object, object]>([
    [
      'WordPiece',
      { model: { type: 'WordPiece', unk_token: '[UNK]', vocab: { '[PAD]': 0, '[UNK]': 1 } } },
      { vocabularySize: 2, unknownId: 1 },
    ],
    [
      'Unigram',
      {
        model: {
          type: 'Unigram',
          unk_id: 1,
          vocab: [
            ['<pad>', 0],
            ['<unk>', 0],
            ['a', -1],
          ],
        },
      },
      { vocabularySize: 3, unknownId: 1 },
    ],
    [
      'Unigram that spells bytes',
      {
        model: {
          unk_id: 1,
          byte_fallback: true,
          vocab: [
            ['<pad>', 0],
            ['<unk>', 0],
          ],
        },
      },
      { vocabularySize: 2 },
    ],
    [
      'BPE of bytes, whose unknown token is its end',
      {
        model: { type: 'BPE', unk_token: '<end>', vocab: { a: 0, '<end>': 1 } },
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [{ type: 'Split' }, { type: 'ByteLevel' }],
        },
      },
      { vocabularySize: 2 },
    ],
    [
      'added tokens beyond the vocabulary',
      { model: { vocab: { a: 0, __proto__: 1 } }, added_tokens: [{ id: 7, content: 'x' }] },
      { vocabularySize: 8 },
    ],
  ])('reads %s', (_, tokenizer, contents) => {
    expect(parse(tokenizer)).toEqual(contents);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no vocabulary', { model: {} }],
    ['an empty vocabulary', { model: { vocab: {} } }],
    ['a vocabulary of another kind', { model: { vocab: 'a b' } }],
    ['an id that is no number', { model: { vocab: { a: '0' } } }],
    ['an id that is not whole', { model: { vocab: { a: 0.5 } } }],
    ['an id below 0', { model: { vocab: { a: -1 } } }],
    ['an id that would fill memory', { model: { vocab: { a: 0, b: 71_234_567 } } }],
    ['an added token without an id', { model: { vocab: { a: 0 } }, added_tokens: [{}] }],
    ['added tokens of another kind', { model: { vocab: { a: 0 } }, added_tokens: 'x' }],
  ])('refuses %s', (_, tokenizer) => {
    expect(() => parse(tokenizer)).toThrow(
      /tokenizer\.json: a tokenizer file is missing or damaged/,
    );
  });

  it('refuses files of which one lower-cases and the other does not', () => {
    const cased = {
      normalizer: { type: 'BertNormalizer', lowercase: false },
      model: { vocab: { a: 0 } },
    };
    expect(() => parse(cased, '{"do_lower_case": true}')).toThrow(
      /contradict each other; expected do_lower_case: false .* got do_lower_case: true/,
    );
    for (const settings of ['{}', '{"do_lower_case": false}']) {
      expect(parse(cased, settings)).toEqual({ vocabularySize: 1 });
    }
    const other = { ...cased, normalizer: { type: 'Lowercase' } };
    expect(parse(other, '{"do_lower_case": false}')).toEqual({ vocabularySize: 1 });
  });

  it.each<[string, object, object | undefined]>([
    ['{}', {}, undefined],
    ['{"truncation_side": "left"}', {}, { side: 'left' }],
    [
      '{"model_max_length": 77}',
      { truncation: { direction: 'Right' } },
      { side: 'right', maxTokens: 77 },
    ],
    ['{"model_max_length": 0}', { truncation: { direction: 'Left' } }, { side: 'left' }],
    ['{"truncation_side": "right"}', { truncation: { direction: 'Left' } }, undefined],
  ])('say with %s and %j how texts are cut', (settings, parts, truncation) => {
    expect(parse({ model: { vocab: { a: 0 } }, ...parts }, settings).truncation).toEqual(
      truncation,
    );
  });

  it('refuses a damaged configuration', () => {
    const { 'tokenizer.json': good } = bertFiles(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
    expect(parse(good)).toEqual({ vocabularySize: 5, unknownId: 1 });
    expect(() => parse(good, '"x"')).toThrow(/tokenizer_config\.json/);
  });
});

it('fingerprintTokenizer depends on both files alone', () => {
  const files = (tokenizer: string, settings: string): TokenizerFiles => ({
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': Buffer.from(settings),
  });
  const all = [files('a', 'b'), files('b', 'a'), files('ab', ''), files('', 'ab')];
  expect(new Set(all.map(fingerprintTokenizer)).size).toBe(4);
  expect(fingerprintTokenizer(files('a', 'b'))).toBe(fingerprintTokenizer(all[0]!));
});
