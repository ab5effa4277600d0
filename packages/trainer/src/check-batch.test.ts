import { ones, tensor2d, zeros, type Tensor2D } from '@tensorflow/tfjs-core';
import { DataError, ShapeError, disposeBatch, key, type Batch } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { checkBatch, checkMasks } from './check-batch';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import { contrastive, dotFusion, linearEncoder, vectorSource } from './tiny.testing';
import { train } from './train';

const texts = (rows: number, tokens = 3) => ({
  input_ids: zeros([rows, tokens], 'int32'),
  attention_mask: ones([rows, tokens], 'int32'),
});
const batchOf = (change: object = {}): Batch<unknown, unknown> => ({
  size: 2,
  ids: ['a', 'b'],
  groups: ['a', 'b'],
  captions: ['x', 'y'],
  image: ones([2, 4, 4, 3]),
  text: texts(2),
  negatives: texts(4),
  ...change,
});

it('passes what fits, of any inputs', () => {
  const pooled = { pooled: ones([2, 4]) };
  for (const change of [
    {},
    { labels: ['k', 'k'] },
    { labels: [undefined, 3] },
    { labels: [['a', 'b'], []] },
    { image: pooled, text: pooled },
    { text: 'raw' },
  ]) {
    const batch = batchOf(change);
    checkBatch('test', batch);
    disposeBatch(batch);
  }
});

it.each([
  ['weights', 2, /got 2/],
  ['terms to be added to scores', -10_000, /got -10000/],
  ['what is no number', Number.NaN, /got NaN/],
])('masks are zeros and ones, and no %s', async (_what, value, got) => {
  const attention_mask = tensor2d([
    [1, 1, 0],
    [1, value, 0],
  ]);
  const batch = batchOf({ text: { ...texts(2), attention_mask } });
  const check = checkMasks('test', batch);
  await expect(check).rejects.toThrow(DataError);
  await expect(check).rejects.toThrow(/text\.attention_mask of the batch.*1 for real tokens/);
  await expect(check).rejects.toThrow(got);
  disposeBatch(batch);
  const right = batchOf();
  await checkMasks('test', right);
  disposeBatch(right);
});

const disposed = ones([2, 3]);
disposed.dispose();
const ids = zeros([2, 3], 'int32');

describe('names the field that does not fit, what was expected and what came', () => {
  it.each<[object, typeof DataError | typeof ShapeError, RegExp]>([
    [{ size: 2.5 }, DataError, /size of the batch.*a whole number.*got 2\.5/],
    [{ size: undefined }, DataError, /size of the batch/],
    [{ ids: ['a'] }, DataError, /ids of the batch.*a list of 2 texts.*got 1 texts/],
    [{ groups: undefined }, DataError, /groups of the batch.*got undefined/],
    [{ groups: ['a', 7] }, DataError, /groups of the batch.*number at place 1/],
    [{ captions: ['x', null] }, DataError, /captions of the batch/],
    [{ labels: [] }, DataError, /labels of the batch.*got 0/],
    [{ labels: ['k', null] }, DataError, /labels of the batch.*got object at place 1/],
    [{ image: undefined }, DataError, /image of the batch.*got nothing/],
    [{ image: disposed }, DataError, /image of the batch.*disposed/],
    [
      { image: ones([3, 4, 4, 3]) },
      ShapeError,
      /batch: image does not fit.*\[2, .*got \[3, 4, 4, 3\]/,
    ],
    [
      { text: texts(3) },
      ShapeError,
      /text\.input_ids does not fit.*expected \[2, N\]; got \[3, 3\]/,
    ],
    [
      { text: { ...texts(2), attention_mask: ones([2, 5], 'int32') } },
      ShapeError,
      /text\.attention_mask/,
    ],
    [
      { text: { ...texts(2), input_ids: ones([2]) } },
      ShapeError,
      /text\.input_ids has 1 dimensions/,
    ],
    [
      { text: { ...texts(2), input_ids: ones([2, 3]) } },
      ShapeError,
      /text\.input_ids.*int32.*float32/,
    ],
    [
      { text: { pooled: ones([2, 4]), tokens: ones([2, 4]) } },
      ShapeError,
      /text\.tokens has 2 dim/,
    ],
    [{ negatives: texts(3) }, ShapeError, /negatives of the batch.*B·K rows with B = 2.*3 rows/],
    [
      { negativeCaptions: ['x', 'y', 'z'] },
      DataError,
      /negativeCaptions of the batch.*a list of 4 texts, one for each false text; got 3/,
    ],
    [{ negatives: { ...texts(4), attention_mask: ids } }, ShapeError, /negatives\.attention_mask/],
  ])('%j', (change, kind, message) => {
    const check = (): void => {
      checkBatch('test', batchOf(change));
    };
    expect(check).toThrow(kind);
    expect(check).toThrow(message);
  });
});

it('is what a run says of its source, whatever batch it is', async () => {
  const source = vectorSource(8);
  const tower = linearEncoder('linear', 3);
  const run = train({
    model: jointModel({ image: tower, text: tower, fusion: dotFusion }),
    ...{ loss: contrastive, optimizer: adamW(), steps: 4, key: key(1) },
    data: {
      ...source,
      async *batches(epoch, from) {
        for await (const batch of source.batches(epoch, from)) {
          const text: Tensor2D = epoch === 0 ? batch.text : tensor2d([[1, 2, 3, 4]]);
          yield { ...batch, text };
        }
      },
    },
  });
  await expect(run).rejects.toThrow(
    /train, step 3, batch: text does not fit.*\[4, \*\].*\[1, 4\]/s,
  );
});
