import { expect, it } from 'vitest';
import { createTextEncoder, textEncoders } from './registry';
import { bertSmall } from './bert/presets';

it('makes encoders by name, with options as a config gives them', () => {
  const encoder = createTextEncoder('bert-small', { vocabulary: 50, dim: 8, heads: 2 });
  expect(encoder.features).toEqual({ dim: 8, tokens: 'varies' });
  for (const name of Object.keys(textEncoders)) {
    const made = createTextEncoder(name, { vocabulary: 50, dim: 8, heads: 2 });
    expect(made.name).toMatch(/x8, /);
  }
  const mine = { ...textEncoders, mine: () => bertSmall({ vocabulary: 9, layers: 1 }) };
  expect(createTextEncoder('mine', {}, mine).name).toBe('bert(1x128, mean)');
});

it('names the nearest of a misspelt name or option, and asks for the vocabulary', () => {
  expect(() => createTextEncoder('bert-smal')).toThrow(/text encoder.*"bert-small"/);
  expect(() => createTextEncoder('bert-base', { layer: 1 })).toThrow(/bertBase.*"layers"/);
  expect(() => createTextEncoder('bert-small')).toThrow(/bertSmall: "vocabulary"/);
});
