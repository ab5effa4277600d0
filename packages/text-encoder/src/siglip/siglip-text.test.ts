import { tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
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

it('refuses ids and masks that do not fit each other, before it fills them up', () =>
  tidy(() => {
    const encoder = siglipText(tiny);
    const params = encoder.init(key(3));
    const ids = [
      [5, 7],
      [3, 2],
    ];
    const apply = (input_ids: Tensor2D, attention_mask: Tensor2D) => () =>
      encoder.apply(params, { input_ids, attention_mask }, inference);
    const int = (rows: number[][]) => tensor2d(rows, undefined, 'int32');
    expect(apply(int(ids), int([[1, 1]]))).toThrow(/attention_mask does not fit/);
    expect(apply(tensor2d(ids), int(ids))).toThrow(/siglipText\.apply: ids must be int32/);
    expect(() =>
      encoder.hiddenStates(
        params,
        { input_ids: int(ids), attention_mask: int([[1, 1]]) },
        inference,
      ),
    ).toThrow(/attention_mask does not fit/);
  }));

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
