import { dispose, slice, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { countParameters, inference, key, parameter, type TextInput } from '@crossweave/core';
import { expectClose, testEncoder, textInput } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { robertaFromConfig } from '../config/from-config';
import type { HuggingFaceConfig } from '../config/reader';
import { equalsReference } from '../transformer/reference.testing';
import { roberta, robertaBase } from './presets';

const tiny = {
  ...{ vocabulary: 11, padTokenId: 1, dim: 4, layers: 1, heads: 2, hidden: 6, maxPositions: 8 },
} as const;

equalsReference('roberta', ({ config, ...options }) =>
  robertaFromConfig(config as HuggingFaceConfig, options),
);

describe('conforms', () => {
  const input = textInput({ vocabulary: tiny.vocabulary });
  for (const pooling of ['cls', 'mean', 'max', 'pooler'] as const) {
    const create = () => roberta({ ...tiny, pooling, dropout: 0.2 });
    testEncoder(create, { describe, it }, { input });
  }
});

it('counts real tokens, wherever the padding stands and whatever is in it', () => {
  tidy(() => {
    const encoder = roberta({ ...tiny, pooling: 'mean' });
    const params = encoder.init(key(0));
    const pooled = (ids: number[], mask: number[]): Tensor2D => {
      const input: TextInput = {
        input_ids: tensor2d([ids], undefined, 'int32'),
        attention_mask: tensor2d([mask], undefined, 'int32'),
      };
      return encoder.apply(params, input, inference).pooled;
    };
    const alone = pooled([0, 5, 2], [1, 1, 1]);
    expectClose(pooled([1, 1, 0, 5, 2], [0, 0, 1, 1, 1]), alone);
    expectClose(pooled([7, 8, 0, 5, 2], [0, 0, 1, 1, 1]), alone);
    expectClose(pooled([0, 5, 2, 9], [1, 1, 1, 0]), alone);
  });
});

it('begins its positions behind the padding id, whose row is zero', () => {
  tidy(() => {
    const params = roberta({ ...tiny, padTokenId: 2 }).init(key(0));
    for (const [name, rows] of [
      ['position', 8 + 3],
      ['word', 11],
    ] as const) {
      const table = parameter<Tensor2D>(params, `embeddings.${name}_embeddings.weight`);
      expect(table.shape).toEqual([rows, 4]);
      expect([...slice(table, [2, 0], [1, 4]).dataSync()]).toEqual([0, 0, 0, 0]);
      expect(slice(table, [1, 0], [1, 4]).dataSync()).not.toContain(0);
    }
  });
});

it('the preset has the sizes of roberta-base', () => {
  const encoder = robertaBase({ layers: 1, vocabulary: 30, pooling: 'pooler' });
  const params = encoder.init(key(0));
  // 124,645,632 parameters, a layer 7,087,872 of them, a word 768.
  expect(countParameters(params)).toBe(124_645_632 - 11 * 7_087_872 - (50_265 - 30) * 768);
  dispose(Object.values(params));
});
