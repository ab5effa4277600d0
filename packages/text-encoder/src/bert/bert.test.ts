import {
  dispose,
  mean,
  memory,
  sqrt,
  square,
  tensor2d,
  tidy,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  countParameters,
  inference,
  key,
  parameter,
  type TextInput,
} from '@crossweave/core';
import { testEncoder, textInput } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { bertFromConfig } from '../config/from-config';
import type { HuggingFaceConfig } from '../config/reader';
import { equalsReference } from '../transformer/reference.testing';
import type { BertOptionsWithVocabulary } from './options';
import { bert, bertBase, bertSmall, miniLM, miniLM12 } from './presets';

const tiny = { vocabulary: 11, dim: 4, layers: 1, heads: 2, hidden: 6, maxPositions: 8 } as const;

function texts(ids: number[][], mask: number[][]): TextInput {
  return {
    input_ids: tensor2d(ids, undefined, 'int32'),
    attention_mask: tensor2d(mask, undefined, 'int32'),
  };
}

equalsReference('bert', ({ config, ...options }) =>
  bertFromConfig(config as HuggingFaceConfig, options),
);

describe('conforms', () => {
  const input = textInput({ vocabulary: tiny.vocabulary });
  for (const pooling of ['cls', 'mean', 'max', 'pooler'] as const) {
    const create = () => bert({ ...tiny, pooling, dropout: 0.2 });
    testEncoder(create, { describe, it }, { input });
  }
  const pairs = textInput({ vocabulary: tiny.vocabulary, tokenTypes: 2 });
  const normalized = () => bert({ ...tiny, pooling: 'mean', normalize: true });
  testEncoder(normalized, { describe, it }, { input: pairs });
});

it('reads token types, all 0 when they are not given', () => {
  tidy(() => {
    const encoder = bert({ ...tiny, pooling: 'mean' });
    const params = encoder.init(key(0));
    const input = texts([[1, 2, 3]], [[1, 1, 1]]);
    const pooled = (types?: number[]): number[] => [
      ...encoder
        .apply(
          params,
          { ...input, ...(types && { token_type_ids: tensor2d([types], [1, 3], 'int32') }) },
          inference,
        )
        .pooled.dataSync(),
    ];
    expect(pooled([0, 0, 0])).toEqual(pooled());
    expect(pooled([0, 0, 1])).not.toEqual(pooled());
  });
});

it('gives the hidden states of all layers, and leaks none', () => {
  const encoder = bert({ ...tiny, layers: 3 });
  const params = encoder.init(key(0));
  const input = texts([[1, 2, 3]], [[1, 1, 0]]);
  const before = memory().numTensors;
  const states = encoder.hiddenStates(params, input, inference);
  expect(states.map(({ shape }) => shape)).toEqual(Array(4).fill([1, 3, 4]));
  expect(memory().numTensors).toBe(before + 4);
  dispose([...states]);
  dispose([...Object.values(params), ...Object.values(input)]);
});

it('starts as BERT: weights of the deviation asked for, biases zero, the padding row zero', () => {
  tidy(() => {
    const params = bertSmall({ vocabulary: 40, padTokenId: 3, pooling: 'pooler' }).init(key(2));
    const words = parameter<Tensor2D>(params, 'embeddings.word_embeddings.weight').arraySync();
    expect(words).toHaveLength(40);
    words.forEach((row, id) => expect(row.every((value) => value === 0)).toBe(id === 3));
    for (const path of ['encoder.layer.3.output.dense', 'pooler.dense']) {
      const weight = parameter(params, `${path}.weight`);
      const deviation = sqrt(mean(square(weight))).dataSync()[0]!;
      expect(deviation / 0.02).toBeCloseTo(1, 1);
      expect(
        parameter(params, `${path}.bias`)
          .dataSync()
          .every((value) => value === 0),
      ).toBe(true);
    }
  });
});

it.each(['padTokenId first', 'padTokenId last'])('keeps every row of the table: %s', (which) => {
  tidy(() => {
    const padTokenId = which.endsWith('last') ? tiny.vocabulary - 1 : 0;
    const params = bert({ ...tiny, padTokenId }).init(key(0));
    const table = parameter<Tensor2D>(params, 'embeddings.word_embeddings.weight');
    expect(table.shape).toEqual([11, 4]);
    expect(table.arraySync()[padTokenId]).toEqual([0, 0, 0, 0]);
  });
});

it('drops by key in training alone', () => {
  tidy(() => {
    const encoder = bert({ ...tiny, dropout: 0.5 });
    const params = encoder.init(key(0));
    const input = texts([[1, 2, 3]], [[1, 1, 1]]);
    const pooled = (training: boolean, seed: number): number[] => [
      ...encoder.apply(params, input, { training, key: key(seed) }).pooled.dataSync(),
    ];
    expect(pooled(true, 1)).toEqual(pooled(true, 1));
    expect(pooled(true, 1)).not.toEqual(pooled(true, 2));
    expect(pooled(false, 1)).toEqual(pooled(false, 2));
  });
});

it('gives zeros for a text without a real token under mean and max', () => {
  tidy(() => {
    for (const pooling of ['mean', 'max'] as const) {
      const encoder = bert({ ...tiny, pooling });
      const input = texts(
        [
          [1, 2],
          [0, 0],
        ],
        [
          [1, 1],
          [0, 0],
        ],
      );
      const { pooled } = encoder.apply(encoder.init(key(0)), input, inference);
      const [real, empty] = pooled.arraySync();
      expect(empty!.every((value) => value === 0)).toBe(true);
      expect(real!.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    }
  });
});

it('presets declare their sizes', () => {
  expect(bertBase().features).toEqual({ dim: 768, tokens: 'varies' });
  expect(bertBase().name).toBe('bert(12x768, cls)');
  expect(bertSmall({ vocabulary: 10 }).name).toBe('bert(4x128, mean)');
  expect(miniLM({ normalize: true }).name).toBe('bert(6x384, mean, normalized)');
  expect(miniLM12().name).toBe('bert(12x384, mean)');
  const before = memory().numTensors;
  // BERT-base has 109,482,240 parameters, a layer 7,087,872 of them, a word 768.
  const params = bertBase({ layers: 1, vocabulary: 30, pooling: 'pooler' }).init(key(0));
  expect(countParameters(params)).toBe(109_482_240 - 11 * 7_087_872 - (30_522 - 30) * 768);
  dispose(Object.values(params));
  // all-MiniLM-L6-v2 has 22,713,216 with its pooling layer.
  const mini = miniLM({ pooling: 'pooler', vocabulary: 30 }).init(key(0));
  expect(countParameters(mini)).toBe(22_713_216 - (30_522 - 30) * 384);
  dispose(Object.values(mini));
  expect(memory().numTensors).toBe(before);
});

describe('refuses', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{}, /bert: "vocabulary" is not given; expected "tokenizer", or "vocabulary"/],
    [{ vocab: 9 }, /there is no option "vocab"/],
    [{ vocabulary: 9, dim: 10, heads: 4 }, /"heads" must divide "dim".*divisor of 10.*got 4/],
    [{ vocabulary: 9, padTokenId: 9 }, /"padTokenId" is not in the vocabulary.*below 9.*got 9/],
    [{ vocabulary: 9, padTokenId: -1 }, /"padTokenId".*at least 0/],
    [{ vocabulary: 9, pooling: 'max-pool' }, /"pooling".*"cls" \| "mean" \| "max" \| "pooler"/],
    [{ vocabulary: 9, tokenTypes: 0 }, /"tokenTypes".*at least 1/],
  ];
  for (const [options, message] of wrong) {
    it(JSON.stringify(options), () => {
      const make = () => bert(options as BertOptionsWithVocabulary);
      expect(make).toThrow(ConfigError);
      expect(make).toThrow(message);
    });
  }

  it('texts that are too long, or whose mask is of another length', () => {
    tidy(() => {
      const encoder = bert({ ...tiny, maxPositions: 2 });
      const params = encoder.init(key(0));
      const long = () => encoder.apply(params, texts([[1, 2, 3]], [[1, 1, 1]]), inference);
      expect(long).toThrow(ShapeError);
      expect(long).toThrow(/longer than the position table.*at most 2.*3.*Truncate/);
      const uneven = () => encoder.apply(params, texts([[1, 2]], [[1]]), inference);
      expect(uneven).toThrow(/attention_mask does not fit/);
      const types = tensor2d([[0]], [1, 1], 'int32');
      const short = { ...texts([[1, 2]], [[1, 1]]), token_type_ids: types };
      expect(() => encoder.apply(params, short, inference)).toThrow(/token_type_ids does not fit/);
      expect(() => encoder.hiddenStates(params, short, inference)).toThrow(/hiddenStates/);
    });
  });
});
