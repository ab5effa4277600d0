import { dispose, reshape, slice, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { ConfigError, countParameters, inference, key, type TextInput } from '@crossweave/core';
import { toOurParams, toTheirParams } from '@crossweave/checkpoints';
import { expectClose, loadFixture, testEncoder, textInput } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { clipTextFromConfig } from '../config/from-config';
import type { HuggingFaceConfig } from '../config/reader';
import { equalsReference } from '../transformer/reference.testing';
import { huggingFaceClipTextKeys } from './keys-hugging-face';
import { openClipTextKeys } from './keys-open-clip';
import type { ClipTextOptionsWithVocabulary } from './options';
import { clipText, clipTextBase, clipTextLarge } from './presets';

const tiny = { vocabulary: 11, dim: 4, layers: 1, heads: 2, hidden: 6, maxPositions: 8 } as const;

equalsReference('clip-text', ({ config, ...options }) =>
  clipTextFromConfig(config as HuggingFaceConfig, options),
);
equalsReference(
  'open-clip-text',
  (options) =>
    clipText({ ...options, endOfText: 'largest' } as unknown as ClipTextOptionsWithVocabulary),
  (params) => toOurParams(params, openClipTextKeys),
);

it("gives open_clip's names and layouts back", () => {
  tidy(() => {
    const url = new URL('../../fixtures/open-clip-text.json', import.meta.url);
    const theirs = loadFixture(url).case('gelu').params;
    const back = toTheirParams(toOurParams(theirs, openClipTextKeys), openClipTextKeys);
    expect(Object.keys(back).sort()).toEqual(Object.keys(theirs).sort());
    for (const [path, value] of Object.entries(theirs)) expectClose(back[path]!, value, {}, path);
    expect(openClipTextKeys.toOurs('text.ln_final.bias')).toEqual(
      openClipTextKeys.toOurs('ln_final.bias'),
    );
    expect(openClipTextKeys.toOurs('visual.conv1.weight')).toEqual([]);
    expect(openClipTextKeys.toOurs('logit_scale')).toEqual([]);
  });
});

it("takes Hugging Face's whole model, its text tower with or without projection", () => {
  const toOurs = (path: string) => huggingFaceClipTextKeys.toOurs(path);
  const norm = [{ path: 'text_model.final_layer_norm.bias' }];
  expect(toOurs('text_model.final_layer_norm.bias')).toEqual(norm);
  expect(toOurs('final_layer_norm.bias')).toEqual(norm);
  expect(toOurs('text_projection.weight')).toEqual([{ path: 'text_projection.weight' }]);
  for (const path of ['vision_model.a.b', 'visual_projection.weight', 'logit_scale']) {
    expect(toOurs(path), path).toEqual([]);
  }
  expect(toOurs('text_model.embeddings.position_ids')).toEqual([]);
  expect(toOurs('other')).toBeUndefined();
});

describe('conforms', () => {
  const input = textInput({ vocabulary: tiny.vocabulary });
  const variants = [
    { pooling: 'eot', projection: false, endOfText: 'largest' },
    { pooling: 'eot', projection: 3, endOfText: 3 },
    { pooling: 'mean', dropout: 0.2, projection: false },
    { pooling: 'max', projection: false },
  ] as const;
  for (const options of variants) {
    testEncoder(() => clipText({ ...tiny, ...options }), { describe, it }, { input });
  }
});

function texts(ids: number[]): TextInput {
  return {
    input_ids: tensor2d([ids], undefined, 'int32'),
    attention_mask: tensor2d([ids.map(() => 1)], undefined, 'int32'),
  };
}

it('is causal: later tokens change no earlier one, in any hidden state', () => {
  tidy(() => {
    const encoder = clipText({ ...tiny, layers: 2, pooling: 'mean' });
    const params = encoder.init(key(0));
    const whole = encoder.hiddenStates(params, texts([9, 3, 4, 10]), inference);
    const part = encoder.hiddenStates(params, texts([9, 3]), inference);
    whole.forEach((state, i) => {
      expectClose(slice(state, [0, 0, 0], [1, 2, 4]), part[i]!);
    });
  });
});

it('ends a text at the first token of an id, or of the largest one', () => {
  tidy(() => {
    const pooledAt = (endOfText: number | 'largest', ids: number[], at: number): void => {
      const encoder = clipText({ ...tiny, endOfText, projection: false });
      const { tokens, pooled } = encoder.apply(encoder.init(key(0)), texts(ids), inference);
      const token = reshape(slice(tokens, [0, at, 0], [1, 1, 4]), [1, 4]);
      expectClose(pooled, token);
    };
    pooledAt('largest', [9, 3, 10, 10], 2);
    pooledAt('largest', [10, 3, 9], 0);
    pooledAt(3, [9, 10, 3, 3], 2);
    // No text without an end comes from CLIP's tokenizer.
    pooledAt(7, [9, 10, 3], 0);
    pooledAt(0, [9, 0, 3, 0], 1);
  });
});

it('presets have the sizes of the published towers', () => {
  expect(clipTextBase().features).toEqual({ dim: 512, tokens: 'varies' });
  expect(clipTextLarge().features.dim).toBe(768);
  expect(clipTextLarge().name).toBe('clip-text(12x768, eot)');
  const params = clipTextBase({ layers: 1, vocabulary: 30, endOfText: 29, projection: false }).init(
    key(0),
  );
  // CLIPTextModel of ViT-B/32 has 63,165,952 parameters, a layer 3,152,384 of them, a word 512.
  expect(countParameters(params)).toBe(63_165_952 - 11 * 3_152_384 - (49_408 - 30) * 512);
  dispose(Object.values(params));
});

it.each([
  [{ pooling: 'cls' }, /"pooling".*"eot" \| "mean" \| "max"; got "cls"/],
  [{ endOfText: 9 }, /"endOfText" is not in the vocabulary.*below 9/],
  [{}, /"endOfText" is not given; expected "tokenizer", or "endOfText"/],
  [{ endOfText: 'last' }, /"endOfText".*or "largest"; got "last"/],
  [{ projection: true }, /"projection".*at least 1, or false; got true/],
] as const)('refuses %j', (wrong, message) => {
  const options = { vocabulary: 9, ...wrong } as unknown as ClipTextOptionsWithVocabulary;
  expect(() => clipText(options)).toThrow(ConfigError);
  expect(() => clipText(options)).toThrow(message);
});

it('attends to padding without causality, however the batch is padded', () => {
  tidy(() => {
    const options = { ...tiny, endOfText: 10, projection: false } as const;
    const bidirectional = clipText({ ...options, causal: false, padTokenId: 0 });
    const params = bidirectional.init(key(1));
    const text = (ids: number[], mask: number[]): TextInput => ({
      input_ids: tensor2d([ids], undefined, 'int32'),
      attention_mask: tensor2d([mask], undefined, 'int32'),
    });
    const pooled = (encoder: typeof bidirectional, input: TextInput) =>
      encoder.apply(params, input, inference).pooled.dataSync();
    const bare = text([3, 4, 10], [1, 1, 1]);
    const padded = text([3, 4, 10, 7, 7], [1, 1, 1, 0, 0]);
    expect(pooled(bidirectional, padded)).toEqual(pooled(bidirectional, bare));
    expect(bidirectional.apply(params, padded, inference).tokens.shape).toEqual([1, 5, 4]);
    const other = clipText({ ...options, causal: false, padTokenId: 1 });
    expect(pooled(other, bare)).not.toEqual(pooled(bidirectional, bare));
    expect(pooled(clipText(options), bare)).not.toEqual(pooled(bidirectional, bare));
    expect(() => clipText({ ...options, causal: false })).toThrow(/padTokenId/);
    expect(() => clipText({ ...options, padTokenId: 0 })).toThrow(/of no use/);
  });
});
