import {
  dispose,
  expandDims,
  mean,
  memory,
  mul,
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
import { expectFixture, loadFixture, testEncoder, textInput } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import type { BertOptionsWithVocabulary } from './presets';
import { bert, bertBase, bertSmall } from './presets';

const fixture = loadFixture(new URL('../../fixtures/bert.json', import.meta.url));
const tiny = { vocabulary: 11, dim: 4, layers: 1, heads: 2, hidden: 6, maxPositions: 8 } as const;

function texts(ids: number[][], mask: number[][]): TextInput {
  return {
    input_ids: tensor2d(ids, undefined, 'int32'),
    attention_mask: tensor2d(mask, undefined, 'int32'),
  };
}

describe("equals Hugging Face's BertModel in tokens, pooled and every gradient", () => {
  for (const pooling of fixture.names) {
    it(`pooling ${pooling}`, () => {
      tidy(() => {
        const reference = fixture.case(pooling);
        const encoder = bert(reference.options as unknown as BertOptionsWithVocabulary);
        const own = encoder.init(key(0));
        expect(Object.keys(own).sort()).toEqual(Object.keys(reference.params).sort());
        for (const [path, value] of Object.entries(reference.params)) {
          expect(own[path]?.shape, path).toEqual(value.shape);
        }
        expectFixture(reference, (params, inputs) => {
          const input = {
            input_ids: parameter<Tensor2D>(inputs, 'input_ids'),
            attention_mask: parameter<Tensor2D>(inputs, 'attention_mask'),
          };
          const { tokens, mask, pooled } = encoder.apply(params, input, inference);
          return { tokens: mul(tokens, expandDims(mask, 2)), pooled };
        });
      });
    });
  }
});

describe('conforms', () => {
  const input = textInput({ vocabulary: tiny.vocabulary });
  for (const pooling of ['cls', 'mean', 'max', 'pooler'] as const) {
    const create = () => bert({ ...tiny, pooling, dropout: 0.2 });
    testEncoder(create, { describe, it }, { input });
  }
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
  const before = memory().numTensors;
  // BERT-base has 109,482,240 parameters, a layer 7,087,872 of them, a word 768.
  const params = bertBase({ layers: 1, vocabulary: 30, pooling: 'pooler' }).init(key(0));
  expect(countParameters(params)).toBe(109_482_240 - 11 * 7_087_872 - (30_522 - 30) * 768);
  dispose(Object.values(params));
  expect(memory().numTensors).toBe(before);
});

describe('refuses', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{}, /bert: "vocabulary" is out of range/],
    [{ vocab: 9 }, /there is no option "vocab"/],
    [{ vocabulary: 9, dim: 10, heads: 4 }, /"heads" must divide "dim".*divisor of 10.*got 4/],
    [{ vocabulary: 9, padTokenId: 9 }, /"padTokenId" is not in the vocabulary.*below 9.*got 9/],
    [{ vocabulary: 9, padTokenId: -1 }, /"padTokenId".*at least 0/],
    [{ vocabulary: 9, pooling: 'avg' }, /"pooling".*"avg".*cls, mean, max, pooler/],
    [{ vocabulary: 9, layers: 1.5 }, /"layers".*1.5/],
    [{ vocabulary: 9, dropout: NaN }, /"dropout".*NaN/],
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
    });
  });
});
