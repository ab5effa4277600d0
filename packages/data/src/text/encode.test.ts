import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { dispose, memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTexts } from './encode';
import { loadTokenizer } from './load';
import type { Tokenizer } from './tokenizer';
import { writeBertTokenizer } from './vocabulary';

const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/tokens.json', import.meta.url), 'utf8'),
) as {
  vocabulary: string[];
  maxTokens: number;
  texts: string[];
  input_ids: number[][];
  attention_mask: number[][];
};

let folder = '';
let tokenizer: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-encode-'));
  await writeBertTokenizer(reference.vocabulary, folder);
  tokenizer = await loadTokenizer(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe('encodeTexts', () => {
  it("gives the ids and masks of Hugging Face's BertTokenizer, padded and truncated", () => {
    const before = memory().numTensors;
    const { texts, maxTokens } = reference;
    const encoded = encodeTexts(texts, tokenizer, maxTokens);
    expect(encoded.input_ids.shape).toEqual([texts.length, maxTokens]);
    expect([encoded.input_ids.dtype, encoded.attention_mask.dtype]).toEqual(['int32', 'int32']);
    expect(encoded.input_ids.arraySync()).toEqual(reference.input_ids);
    expect(encoded.attention_mask.arraySync()).toEqual(reference.attention_mask);
    dispose([encoded.input_ids, encoded.attention_mask]);
    expect(memory().numTensors).toBe(before);
  });

  it.each(['a red circle', [1], [undefined], new Set(['a'])])('refuses %j', (texts) => {
    expect(() => encodeTexts(texts as never, tokenizer, 6)).toThrow(/"texts.*text; got/);
  });

  it.each([0, 2, 513, 3.5, Number.NaN])('refuses maxTokens %d', (maxTokens) => {
    expect(() => encodeTexts(['a'], tokenizer, maxTokens)).toThrow(ConfigError);
  });
});
