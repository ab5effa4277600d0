import { expect, describe, it } from 'vitest';
import { testOptions, testPartConfig } from '@crossweave/core/testing';
import type { TokenizerFacts } from '@crossweave/core';
import { createTextEncoder, textEncoders, type TextEncoderSurroundings } from './registry';
import { bertSmall } from './bert/presets';

const tokenizer: TokenizerFacts = { name: 'words', vocabularySize: 50, padId: 0, endId: 3 };

for (const [name, create] of Object.entries(textEncoders)) {
  const options = { required: { tokenizer, dim: 8, heads: 2 } };
  testOptions(name, create, { describe, it }, options);
  testPartConfig(
    name,
    create,
    { describe, it },
    {
      ...options,
      // The tokenizer decides the first four; a text that is not causal needs more than one option.
      without: ['tokenizer', 'vocabulary', 'padTokenId', 'endOfText', 'causal'],
    },
  );
}
testOptions(
  'createTextEncoder',
  (surroundings: TextEncoderSurroundings) =>
    createTextEncoder('bert', { dim: 8, heads: 2 }, surroundings),
  { describe, it },
  { required: { tokenizer } },
);

it('makes encoders by name, with options as a config gives them', () => {
  const encoder = createTextEncoder('bert-small', { vocabulary: 50, dim: 8, heads: 2 });
  expect(encoder.features).toEqual({ dim: 8, tokens: 'varies' });
  for (const name of Object.keys(textEncoders)) {
    const made = createTextEncoder(name, { dim: 8, heads: 2 }, { tokenizer });
    expect(made.name).toMatch(/x8, /);
    expect(made.vocabulary).toBe(50);
  }
  const table = { ...textEncoders, mine: () => bertSmall({ vocabulary: 9, layers: 1 }) };
  expect(createTextEncoder('mine', {}, { table }).name).toBe('bert(1x128, mean)');
});

it.each([null, [], 'dim'])('refuses options that are not an object: %j', (options) => {
  expect(() => createTextEncoder('bert', options as never, { tokenizer })).toThrow(
    /createTextEncoder: the options are no object/,
  );
});

it('names the nearest of a misspelt name or option, and asks for the ids', () => {
  expect(() => createTextEncoder('bert-smal')).toThrow(/text encoder.*"bert-small"/);
  expect(() => createTextEncoder('bert-base', { layer: 1 })).toThrow(/bertBase.*"layers"/);
  expect(() => createTextEncoder('bert-small')).toThrow(/bertSmall: "vocabulary"/);
});

it('refuses texts that are longer than the positions', () => {
  const make = (options: object, maxTokens: number, name = 'bert') =>
    createTextEncoder(name, { dim: 8, heads: 2, ...options }, { tokenizer, maxTokens });
  expect(make({ maxPositions: 24 }, 24).maxTokens).toBe(24);
  expect(() => make({ maxPositions: 16 }, 24)).toThrow(
    /bert: .*maxTokens of at most 16, or "maxPositions" of at least 24; got maxTokens 24/,
  );
  expect(() => make({}, 78, 'clip-text')).toThrow(/at most 77/);
  expect(() => make({}, 513, 'roberta')).toThrow(/at most 512/);
});

it('refuses loaded weights whose table is of another tokenizer', () => {
  const make = (vocabulary: number, pretrained: boolean) =>
    createTextEncoder('bert', { vocabulary, dim: 8, heads: 2 }, { tokenizer, pretrained });
  expect(() => make(30522, true)).toThrow(/about 30522 ids.*got 50 ids \(words\).*beside/);
  expect(make(64, true).vocabulary).toBe(64);
  expect(make(30522, false).vocabulary).toBe(30522);
});
