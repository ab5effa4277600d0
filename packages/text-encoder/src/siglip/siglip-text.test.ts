import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { ConfigError, inference, key } from '@crossweave/core';
import { expectClose, testEncoder, testOptions, textInput } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { siglipTextFromConfig } from '../config/from-config';
import type { HuggingFaceConfig } from '../config/reader';
import { equalsReference } from '../transformer/reference.testing';
import { huggingFaceSiglipTextKeys } from './keys';
import { siglipText } from './presets';

const ids = { vocabulary: 11, padTokenId: 1 } as const;
const tiny = { ...ids, dim: 4, layers: 1, heads: 2, hidden: 6, maxPositions: 8 } as const;

equalsReference('siglip-text', ({ config }) => siglipTextFromConfig(config as HuggingFaceConfig));

describe('conforms', () => {
  const input = textInput({ vocabulary: 11, tokens: 5 });
  testEncoder(
    () => siglipText({ ...tiny, projection: 3, dropout: 0.2 }),
    { describe, it },
    { input },
  );
});

testOptions('siglipText', siglipText, { describe, it }, { required: ids });

it('attends to padding up to its positions, however long the batch is', () => {
  tidy(() => {
    const encoder = siglipText(tiny);
    const params = encoder.init(key(3));
    const of = (length: number) =>
      encoder.apply(
        params,
        {
          input_ids: tensor2d(
            [[5, 7, ...Array.from({ length: length - 2 }, () => 1)]],
            undefined,
            'int32',
          ),
          attention_mask: tensor2d(
            [[1, 1, ...Array.from({ length: length - 2 }, () => 0)]],
            undefined,
            'int32',
          ),
        },
        inference,
      );
    expectClose(of(2).pooled, of(8).pooled);
    expect(of(3).tokens.shape).toEqual([1, 3, 4]);
    expect(() => of(9)).toThrow(/longer than the position table/);
  });
});

it('needs the padding id', () => {
  expect(() => siglipText({ vocabulary: 11 } as never)).toThrow(/"padTokenId" is not given/);
  const tokenizer = { name: 'mine', vocabularySize: 11, padId: 0 };
  expect(() => siglipText({ tokenizer, padTokenId: 1 })).toThrow(ConfigError);
  expect(siglipText({ tokenizer }).name).toBe('siglip-text(12x768, last)');
});

it('takes the text tower of a whole model', () => {
  const path = 'text_model.head.weight';
  expect(huggingFaceSiglipTextKeys.toOurs(path)).toEqual([{ path }]);
  expect(huggingFaceSiglipTextKeys.toOurs('vision_model.head.probe')).toEqual([]);
  expect(huggingFaceSiglipTextKeys.toOurs('text_projection.weight')).toBeUndefined();
});
