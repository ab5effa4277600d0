import { existsSync } from 'node:fs';
import { ConfigError, type Fusion, type PairRecord } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { blindFusion, equalityFusion, imageEncoder } from '../tiny.testing';
import { checkComparison } from './checks';
import { compareFusions } from './compare-fusions';
import { pretrainTowers } from './pretrain-towers';
import { armOf, matchLoss, tinyComparison, type TinyOptions } from './tiny-comparison.testing';

const joint = equalityFusion('joint');
const nowhere = '/nowhere/at/all';

/** What `compareFusions` refuses, and that it did so before it decoded or wrote anything. */
async function refusal(
  extra: (options: TinyOptions) => Partial<TinyOptions>,
  records?: (record: PairRecord, i: number) => PairRecord,
): Promise<string> {
  const { options, loads, seen } = tinyComparison(nowhere, {}, records);
  const error: unknown = await compareFusions({ ...options, ...extra(options) }).then(
    () => 'nothing was refused',
    (thrown: unknown) => thrown,
  );
  expect(loads).toEqual([]);
  expect(seen).toEqual([]);
  expect(existsSync(nowhere)).toBe(false);
  return String(error);
}

const withArm =
  (training: object, name = 'equal', fusion: Fusion = joint) =>
  () => ({
    arms: [armOf(name, fusion, training)],
  });

describe('before anything is computed', () => {
  it.each<[string, (options: TinyOptions) => Partial<TinyOptions>, RegExp]>([
    ['no arm', () => ({ arms: [] }), /"arms" is empty/],
    ['an arm without a recipe', withArm({}, 'other'), /"other" has no recipe/],
    ['an arm with a name that is no file', withArm({}, '../x'), /"name".*letters, digits/],
    ['an arm with a floor’s name', withArm({}, 'image-blind'), /"image-blind" .*twice/],
    [
      'two arms of one name',
      () => ({ arms: [armOf('equal', joint), armOf('equal', blindFusion)] }),
      /"equal" .*twice/,
    ],
    ['no seed', () => ({ seeds: [] }), /"seeds"/],
    ['a seed twice', () => ({ seeds: [1, 1] }), /"seeds".*none twice/],
    ['a batch larger than the split', withArm({ batchSize: 9 }), /"batchSize".*from 1 to 8/],
    ['steps of 0', withArm({ steps: 0 }), /arms", "equal": "steps"/],
    ['negatives of −1', withArm({ negatives: -1 }), /arms", "equal": "negatives"/],
    ['negatives up to nothing', withArm({ negatives: { upTo: 0 } }), /"negatives\.upTo"/],
    [
      'a loss with nothing to weigh',
      withArm({ loss: { ...matchLoss, chance: (_size: number, hard = 0) => Math.log(hard) } }),
      /"match" has nothing to weigh/,
    ],
    [
      'an arm of tokens over a tower without any',
      ({ towers }) => ({
        towers: { ...towers, image: { ...imageEncoder, features: { dim: 3, tokens: 0 } } },
      }),
      /image encoder gives none/,
    ],
    [
      'an arm that cannot be made over these towers',
      withArm({}, 'equal', {
        ...joint,
        init: () => {
          throw new ConfigError('the width does not divide');
        },
      }),
      /width does not divide/,
    ],
    [
      'towers that find no candidates',
      ({ towers }) => ({ towers: { ...towers, fusion: joint } }),
      /"towers": "fusion".*separable/,
    ],
    [
      'towers without a batch',
      ({ towers }) => ({
        towers: { ...towers, data: (key) => ({ ...towers.data(key), batchesPerEpoch: 0 }) },
      }),
      /batches of the towers/,
    ],
    ['a top of 0', () => ({ top: 0 }), /"top"/],
    [
      'a recipe that JSON cannot say',
      () => ({ recipe: { arms: {}, towers: { rate: Number.NaN } } }),
      /"recipe\.towers"/,
    ],
    [
      'an empty split',
      ({ data }) => ({ data: { ...data, train: { ...data.train, records: [] } } }),
      /has no pair/,
    ],
    [
      'a test split that asks nothing',
      ({ data }) => ({
        data: {
          ...data,
          test: {
            ...data.test,
            records: data.test.records.map(({ id }) => ({ id, captions: ['photo'] })),
          },
        },
      }),
      /nothing to measure/,
    ],
  ])('refuses %s', async (_name, extra, message) => {
    expect(await refusal(extra)).toMatch(message);
  });

  it('refuses false captions that are not there, or are true', async () => {
    const without = ({ id, captions }: PairRecord) => ({ id, captions });
    const said = await refusal(() => ({}), without);
    expect(said).toMatch(
      /8 of 8 pairs have no false caption beside each of their own.*negatives: 0/,
    );
    const one = (record: PairRecord, i: number) => (i === 5 ? without(record) : record);
    expect(await refusal(() => ({}), one)).toMatch(/1 of 8 pairs.*"p5"/);
    const own = (record: PairRecord) => ({
      ...record,
      negatives: [[{ caption: record.captions[1]!, kind: 'sibling' }], []],
    });
    expect(await refusal(() => ({}), own)).toMatch(/false caption of "p0" is one of its true/);
  });

  it('lets a comparison through that can run', () => {
    expect(() => checkComparison(tinyComparison(nowhere).options)).not.toThrow();
  });
});

const { options: required } = tinyComparison(nowhere);
for (const [name, run] of Object.entries({ compareFusions, pretrainTowers })) {
  testOptions(name, run, { describe, it }, { required, anyText: ['out', 'featureStore'] });
}
