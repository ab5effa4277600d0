import { dispose } from '@tensorflow/tfjs-core';
import { ConfigError, countParameters, key } from '@crossweave/core';
import { testEncoder, textInput } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { distilbertFromConfig } from '../config/from-config';
import type { HuggingFaceConfig } from '../config/reader';
import { equalsReference } from '../transformer/reference.testing';
import type { DistilBertOptionsWithVocabulary } from './distilbert';
import { distilbert, distilbertBase } from './presets';

const tiny = { vocabulary: 11, dim: 4, layers: 1, heads: 2, hidden: 6, maxPositions: 8 } as const;

equalsReference('distilbert', ({ config, ...options }) =>
  distilbertFromConfig(config as HuggingFaceConfig, options),
);

describe('conforms', () => {
  const input = textInput({ vocabulary: tiny.vocabulary });
  for (const pooling of ['cls', 'mean', 'max'] as const) {
    const create = () => distilbert({ ...tiny, pooling, dropout: 0.2 });
    testEncoder(create, { describe, it }, { input });
  }
});

it('the preset has the sizes of distilbert-base-uncased', () => {
  const encoder = distilbertBase({ layers: 1, vocabulary: 30 });
  expect(encoder.name).toBe('distilbert(1x768, cls)');
  const params = encoder.init(key(0));
  // 66,362,880 parameters, a layer 7,087,872 of them, a word 768.
  expect(countParameters(params)).toBe(66_362_880 - 5 * 7_087_872 - (30_522 - 30) * 768);
  dispose(Object.values(params));
});

it.each([
  [{ tokenTypes: 2 }, /there is no option "tokenTypes"/],
  [{ pooling: 'pooler' }, /"pooling".*"cls" \| "mean" \| "max"; got "pooler"/],
  [{ padTokenId: 9 }, /"padTokenId" is not in the vocabulary/],
] as const)('refuses %j', (wrong, message) => {
  const options = { vocabulary: 9, ...wrong } as unknown as DistilBertOptionsWithVocabulary;
  expect(() => distilbert(options)).toThrow(ConfigError);
  expect(() => distilbert(options)).toThrow(message);
});
