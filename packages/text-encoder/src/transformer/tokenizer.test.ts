import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { ConfigError, inference, key, type TokenizerFacts } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { bert, bertBase } from '../bert/presets';
import { clipText, clipTextBase } from '../clip/presets';
import { textEncoderFromConfig } from '../config/from-config';
import { distilbert } from '../distilbert/presets';
import { roberta, robertaBase } from '../roberta/presets';
import type { TransformerTextEncoder } from './encoder';

/** Special tokens, then words from the most to the least frequent, as of a vocabulary of captions. */
const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'red', 'a', 'cube', 'left', 'of', 'zebra'];
const tokenizer: TokenizerFacts = {
  name: 'words',
  vocabularySize: words.length,
  padId: 0,
  unknownId: 1,
  endId: 3,
};
const idsOf = (text: string): number[] => {
  const ids = text.split(' ').map((word) => words.indexOf(word));
  return [2, ...ids.map((id) => (id < 0 ? 1 : id)), 3];
};

const sizes = { dim: 8, layers: 1, heads: 2, maxPositions: 12 } as const;

/** `pooled` of one text. */
function pooledOf(encoder: TransformerTextEncoder, text: string): number[] {
  return tidy(() => {
    const ids = idsOf(text);
    const padding = Array<number>(12 - ids.length).fill(0);
    const input = {
      input_ids: tensor2d([[...ids, ...padding]], undefined, 'int32'),
      attention_mask: tensor2d([[...ids.map(() => 1), ...padding]], undefined, 'int32'),
    };
    return [...encoder.apply(encoder.init(key(0)), input, inference).pooled.dataSync()];
  });
}

const encoders = {
  'bert, cls': bert({ ...sizes, tokenizer }),
  'bert, mean': bert({ ...sizes, tokenizer, pooling: 'mean' }),
  distilbert: distilbert({ ...sizes, tokenizer }),
  roberta: roberta({ ...sizes, tokenizer }),
  'clip-text': clipText({ ...sizes, tokenizer, projection: false }),
};

describe.each(Object.entries(encoders))('%s', (_, encoder) => {
  it('sees every word, whichever is the rarest', () => {
    expect(pooledOf(encoder, 'zebra left of a red cube')).not.toEqual(pooledOf(encoder, 'zebra'));
    expect(pooledOf(encoder, 'zebra red')).not.toEqual(pooledOf(encoder, 'zebra cube'));
  });

  it('has as many rows as the tokenizer has ids, and says so', () => {
    expect(encoder).toMatchObject({ vocabulary: 10, maxTokens: 12 });
  });
});

it('places an unknown word like any other', () => {
  for (const encoder of [encoders.roberta, encoders['bert, cls'], encoders['clip-text']]) {
    expect(pooledOf(encoder, 'yak red')).not.toEqual(pooledOf(encoder, 'red yak'));
  }
});

const own: Readonly<Record<string, (options: object) => TransformerTextEncoder>> = {
  bert: (options) => bert(options as never),
  distilbert: (options) => distilbert(options as never),
  roberta: (options) => roberta(options as never),
  'clip-text': (options) => clipText(options as never),
};

describe.each(Object.entries(own))('%s and a tokenizer that does not fit', (_, make) => {
  it.each([
    [{ vocabulary: 9 }, /fewer rows.*at least 10, the number of ids of words; got 9/],
    [{ tokenizer: { ...tokenizer, padId: 10 } }, /"tokenizer".*every id below vocabularySize/],
    [{ tokenizer: { ...tokenizer, endId: -1 } }, /"tokenizer"/],
    [{ tokenizer: { vocabularySize: 10, padId: 0 } }, /"tokenizer"/],
    [{ tokenizer: undefined }, /"vocabulary" is not given/],
  ])('%j', (wrong, message) => {
    expect(() => make({ ...sizes, tokenizer, ...wrong })).toThrow(ConfigError);
    expect(() => make({ ...sizes, tokenizer, ...wrong })).toThrow(message);
  });

  it('may have more rows than ids', () => {
    expect(make({ ...sizes, tokenizer, vocabulary: 16 }).vocabulary).toBe(16);
  });
});

it.each([
  [
    'bert',
    { padTokenId: 1 },
    /"padTokenId".*expected 0, the id of words; got 1.*Leave "padTokenId" out/,
  ],
  ['roberta', { padTokenId: 1 }, /"padTokenId".*expected 0, the id of words; got 1/],
  ['roberta', { tokenizer: { ...tokenizer, padId: 1 } }, /padId 1, which is unknownId of words/],
  ['roberta', { tokenizer: { ...tokenizer, padId: 3 } }, /padId 3, which is endId of words/],
  ['roberta', { tokenizer: undefined, vocabulary: 9 }, /"padTokenId" is not given/],
  ['clip-text', { endOfText: 9 }, /"endOfText".*expected 3, the id of words/],
  ['clip-text', { endOfText: 'largest' }, /is "largest".*expected 3.*largest id is 9/],
  [
    'clip-text',
    { tokenizer: { ...tokenizer, endId: undefined } },
    /the end token, and the tokenizer has none.*"mean"/,
  ],
  ['clip-text', { tokenizer: undefined, vocabulary: 9 }, /"endOfText" is not given/],
] as const)('%s refuses %j', (name, wrong, message) => {
  expect(() => own[name]!({ ...sizes, tokenizer, ...wrong })).toThrow(ConfigError);
  expect(() => own[name]!({ ...sizes, tokenizer, ...wrong })).toThrow(message);
});

it('takes "largest" where the end is the largest id, as of CLIP\'s own tokenizer', () => {
  const openAi = { name: 'clip', vocabularySize: 49408, padId: 49407, endId: 49407 };
  const small = { dim: 8, layers: 1, heads: 2, projection: false } as const;
  expect(clipText({ ...small, tokenizer: openAi, endOfText: 'largest' }).vocabulary).toBe(49408);
  const early = { model_type: 'clip', text_config: { eos_token_id: 2, hidden_size: 512 } };
  expect(textEncoderFromConfig(early, { tokenizer: openAi }).maxTokens).toBe(77);
  expect(() => textEncoderFromConfig(early, { tokenizer })).toThrow(/largest/);
});

it('needs no end where the pooling reads none', () => {
  const endless = { name: 'endless', vocabularySize: words.length, padId: 0 };
  const encoder = clipText({ ...sizes, tokenizer: endless, pooling: 'mean', projection: false });
  expect(pooledOf(encoder, 'a zebra')).not.toEqual(pooledOf(encoder, 'zebra'));
});

it('published models know their own ids; a tokenizer replaces them', () => {
  expect(bertBase().vocabulary).toBe(30522);
  expect(robertaBase().vocabulary).toBe(50265);
  expect(clipTextBase().vocabulary).toBe(49408);
  for (const preset of [bertBase, robertaBase, clipTextBase]) {
    expect(preset({ tokenizer }).vocabulary).toBe(10);
  }
  expect(() => clipTextBase({ vocabulary: 30 })).toThrow(/"endOfText".*below 30; got 49407/);
});

it('a config that names another padding id than the tokenizer is refused', () => {
  const config = { model_type: 'roberta', vocab_size: 10, pad_token_id: 1 };
  expect(() => textEncoderFromConfig(config, { tokenizer })).toThrow(/"padTokenId".*0.*got 1/);
});
