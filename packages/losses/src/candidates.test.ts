import { broadcastTo, tidy, zeros, type Rank } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { candidates, duplicateDefaults, type CandidateOptions } from './candidates';
import { valueOf } from './host-value.testing';
import type { Identities } from './same';

const batch = { groups: ['a', 'b', 'a'] };
const rowsOf = (
  options: object,
  { queue, ...more }: Omit<Partial<CandidateOptions>, 'queue'> & { queue?: Identities } = {},
  of: Identities = batch,
): { targets: number[][]; excluded: boolean[][]; negatives: number[][]; counts: number[] } =>
  tidy(() => {
    const settings = { ...duplicateDefaults, ...options };
    const found = candidates({ size: of.groups.length, ...of }, settings, {
      among: 'texts',
      ...more,
      ...(queue && { queue: { ...queue, image: zeros([queue.groups.length, 2]) } }),
    });
    return {
      targets: found.targets.arraySync(),
      excluded: broadcastTo<Rank.R2>(found.exclusion, found.targets.shape)
        .arraySync()
        .map((row) => row.map((value) => value < 0)),
      negatives: found.negatives.mask.arraySync(),
      counts: [...valueOf(found.negatives.counts)],
    };
  });
const close = (actual: number[][], expected: number[][]): void => {
  actual.forEach((row, i) =>
    row.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 6)),
  );
};

it('leaves duplicates out, makes them positives, or takes them for negatives', () => {
  const { targets, excluded, negatives, counts } = rowsOf({});
  expect(targets).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  expect(excluded).toEqual([
    [false, false, true],
    [false, false, false],
    [true, false, false],
  ]);
  expect(negatives).toEqual([
    [0, 1, 0],
    [1, 0, 1],
    [0, 1, 0],
  ]);
  expect(counts).toEqual([1, 2, 1]);
  expect(rowsOf({ duplicates: 'positive' }).targets).toEqual([
    [0.5, 0, 0.5],
    [0, 1, 0],
    [0.5, 0, 0.5],
  ]);
  const plain = rowsOf({ duplicates: 'negative' });
  expect(plain.counts).toEqual([2, 2, 2]);
  expect(plain.negatives).toEqual([
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
  ]);
});

it('smooths over the candidates that count', () => {
  close(rowsOf({}, { smoothing: 0.3 }).targets, [
    [0.85, 0.15, 0],
    [0.1, 0.8, 0.1],
    [0, 0.15, 0.85],
  ]);
});

it('adds a queue, by its images, and hard negatives', () => {
  const { targets, excluded, negatives, counts } = rowsOf(
    {},
    { queue: { groups: ['b', 'x'] }, hard: 1 },
  );
  expect(targets.map((row) => row.slice(3))).toEqual(new Array(3).fill([0, 0, 0]));
  expect(excluded.map((row) => row.slice(3))).toEqual([
    [false, false, false],
    [true, false, false],
    [false, false, false],
  ]);
  expect(negatives[1]!.slice(3)).toEqual([0, 1, 1]);
  expect(counts).toEqual([1 + 3, 2 + 2, 1 + 3]);
});

it('knows the texts of a queue: an equal one is no negative', () => {
  const captioned = { ...batch, captions: ['x', 'y', 'z'] };
  const queue = { groups: ['p', 'q', 'r', null], captions: ['y', 'z', null, null] };
  const { excluded, counts } = rowsOf({}, { queue }, captioned);
  expect(excluded.map((row) => row.slice(3))).toEqual([
    // Image a has the captions x and z.
    [false, true, false, true],
    [true, false, false, true],
    [false, true, false, true],
  ]);
  expect(counts).toEqual([1 + 2, 2 + 2, 1 + 2]);
  const images = rowsOf({}, { queue, among: 'images' }, captioned);
  expect(images.excluded.map((row) => row.slice(3))).toEqual([
    [false, false, false, true],
    [true, false, false, true],
    [false, true, false, true],
  ]);
});

it.each(['exclude', 'positive', 'negative'])('never counts empty places: %s', (duplicates) => {
  const queue = { groups: ['x', null, null] };
  const { targets, excluded, negatives } = rowsOf({ duplicates }, { smoothing: 0.4, queue });
  close([targets[1]!], [[0.1, 0.7, 0.1, 0.1, 0, 0]]);
  expect(excluded[1]!.slice(3)).toEqual([false, true, true]);
  expect(negatives[1]!.slice(3)).toEqual([1, 0, 0]);
});
