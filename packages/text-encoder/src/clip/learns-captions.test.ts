import {
  argMax,
  logSoftmax,
  matMul,
  mean,
  mul,
  neg,
  sum,
  tensor2d,
  tidy,
  train,
  variable,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { disposeParams, inference, key, mapParams, type TokenizerFacts } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { expect, it } from 'vitest';
import { clipText } from './presets';

/** The captions "delta alpha", "delta beta", "gamma alpha", "gamma beta" by a vocabulary made of these. */
const tokenizer: TokenizerFacts = {
  name: 'captions',
  vocabularySize: 9,
  padId: 0,
  unknownId: 1,
  endId: 3,
};
const captions = [
  [2, 7, 5, 3],
  [2, 7, 6, 3],
  [2, 8, 5, 3],
  [2, 8, 6, 3],
];

const texts = () => ({
  input_ids: tensor2d(captions, undefined, 'int32'),
  attention_mask: tensor2d(captions.map((ids) => ids.map(() => 1))),
});

/** Row i is picture i: each a vector of its own, and caption i is its true one. */
const pictures = (): Tensor2D =>
  tensor2d([0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j))));

const sizes = { dim: 32, layers: 2, heads: 4, maxPositions: 8, projection: 4 } as const;

it('a text tower that ends texts as the tokenizer does learns whose each caption is', () => {
  const encoder = clipText({ ...sizes, tokenizer });
  const start = encoder.init(key(0));
  const params = mapParams(start, (value) => variable(value));
  const scores = (): Tensor2D => {
    const { pooled } = encoder.apply(params, texts(), inference);
    return mul(matMul(pictures(), normalize(pooled), false, true), 10);
  };
  const loss = (): Scalar =>
    tidy(() => neg(mean(sum(mul(logSoftmax(scores()), pictures()), 1)))) as Scalar;
  const adam = train.adam(0.01);
  for (let step = 0; step < 25; step++) adam.minimize(loss);
  tidy(() => {
    expect(loss().dataSync()[0]).toBeLessThan(0.05);
    expect([...argMax(scores(), 1).dataSync()]).toEqual([0, 1, 2, 3]);
  });
  adam.dispose();
  disposeParams(params);
  disposeParams(start);
});

it('and cannot by the largest id: captions that begin alike are one to it', () => {
  tidy(() => {
    const vocabulary = tokenizer.vocabularySize;
    const encoder = clipText({ ...sizes, vocabulary, endOfText: 'largest' });
    const { pooled } = encoder.apply(encoder.init(key(0)), texts(), inference);
    const rows = pooled.arraySync();
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[2]).toEqual(rows[3]);
  });
});
