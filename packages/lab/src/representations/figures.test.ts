import { memory, tensor2d } from '@tensorflow/tfjs-core';
import { DataError, key, type Label } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { representationFigures, type RepresentationOptions } from './figures';
import { alignment } from './geometry';

const encode = async (count: number, label?: (row: number) => Label): Promise<FeatureCache> => {
  const split = tinySplit(count);
  const records = split.records.map((record, row) => ({
    ...record,
    ...(label && { labels: record.captions.map(() => label(row)) }),
  }));
  return encodeSplit({
    split: { ...split, records },
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
};

const dual = { fusion: equalityFusion('separable'), params: {} };
const joint = { fusion: equalityFusion('joint'), params: {} };
// Images are [row, 1, 2]: the first and the last rows lie apart.
const half = (row: number): Label => (row < 8 ? 'low' : 'high');

let plain: FeatureCache;
let labelled: FeatureCache;
beforeAll(async () => {
  plain = await encode(12);
  labelled = await encode(16, half);
});

describe('options', () => {
  const measure = (options: RepresentationOptions) => representationFigures(dual, plain, options);
  testOptions('representationFigures', measure, { describe, it });
});

it('gives all that fusion and data allow, and leaks nothing', async () => {
  const before = memory().numTensors;
  const all = await representationFigures(dual, labelled, { train: labelled, chunk: 5 });
  expect(Object.keys(all).sort()).toEqual(
    [
      ...['alignment', 'cka', 'effectiveRank.image', 'effectiveRank.text', 'modalityGap'],
      ...['majority.accuracy', 'neighbours.accuracy', 'probe.accuracy'],
      ...['uniformity.image', 'uniformity.text'],
    ]
      .map((name) => `representation.${name}`)
      .sort(),
  );
  expect(memory().numTensors).toBe(before);
  expect(all['representation.probe.accuracy']).toBe(1);
  const classes = labelled.records.map(({ labels }) => String(labels![0]));
  const most = Math.max(...classes.map((one) => classes.filter((each) => each === one).length));
  expect(all['representation.majority.accuracy']).toBe(most / classes.length);
  const ofTowers = await representationFigures(joint, plain);
  expect(Object.keys(ofTowers)).toEqual([
    'representation.effectiveRank.image',
    'representation.effectiveRank.text',
    'representation.cka',
  ]);
});

it('reads the embeddings of images and of their first captions, evenly over the split', async () => {
  const figures = ['alignment'] as const;
  const found = await representationFigures(dual, plain, { figures, most: 4 });
  // equalityFusion embeds (2x, −1, −x²) and (y, y², 1); a caption begins with its image's number.
  const rows = [0, 3, 6, 9];
  const side = (of: (x: number) => number[]) => ({
    values: Float32Array.from(rows.flatMap(of)),
    width: 3,
  });
  const expected = alignment(
    side((x) => [2 * x, -1, -x * x]),
    side((y) => [y, y * y, 1]),
  );
  expect(found['representation.alignment']).toBeCloseTo(expected, 6);
});

it('counts a class that the training split lacks as wrong', async () => {
  const other = await encode(16, (row) => (row === 0 ? 'new' : half(row)));
  const options = { figures: ['probe'], train: labelled } as const;
  const { 'representation.probe.accuracy': accuracy } = await representationFigures(
    ...([dual, other, options] as const),
  );
  expect(accuracy).toBe(15 / 16);
});

it('leaves out what equal vectors do not have, unless it was named', async () => {
  const split = tinySplit(4);
  const equal = await encodeSplit({
    split: { ...split, images: (rows) => Promise.resolve(tensor2d(rows.map(() => [1, 2, 3]))) },
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
  const found = await representationFigures(joint, equal);
  expect(found['representation.effectiveRank.image']).toBeCloseTo(1, 6);
  expect(found).not.toHaveProperty(['representation.cka']);
  await expect(representationFigures(joint, equal, { figures: ['cka'] })).rejects.toThrow(
    /rows of "x" are all equal/,
  );
});

it('refuses a figure that it was asked for and cannot tell', async () => {
  const why = async (
    fitted: typeof dual,
    cache: FeatureCache,
    options: RepresentationOptions,
  ): Promise<string> => {
    const error: unknown = await representationFigures(fitted, cache, options).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  };
  expect(await why(joint, plain, { figures: ['alignment'] })).toMatch(/has no embeddings/);
  expect(await why(dual, labelled, { figures: ['probe'] })).toMatch(/no training split/);
  const train = plain;
  expect(await why(dual, labelled, { figures: ['probe'], train })).toMatch(
    /fewer than two classes/,
  );
  expect(await why(dual, plain, { figures: ['neighbours'], train: labelled })).toMatch(/no labels/);
  expect(await why(dual, await encode(1), { figures: ['cka'] })).toMatch(/one pair alone/);
});
