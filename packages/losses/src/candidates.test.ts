import { tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { candidates, duplicateDefaults } from './candidates';

const batch = { groups: ['a', 'b', 'a'] };
const rowsOf = (options: object, ...rest: [number?, object?]): number[][][] =>
  tidy(() => {
    const { targets, barred, spared } = candidates(
      batch,
      { ...duplicateDefaults, ...options },
      ...rest,
    );
    return [targets, barred, spared].map((part) => part.arraySync());
  });
const close = (actual: number[][], expected: number[][]): void => {
  actual.forEach((row, i) =>
    row.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 6)),
  );
};

it('leaves duplicates out, makes them positives, or takes them for negatives', () => {
  const [excludedTargets, barred, spared] = rowsOf({});
  expect(excludedTargets).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  expect(barred!.map((row) => row.map((value) => value < 0))).toEqual([
    [false, false, true],
    [false, false, false],
    [true, false, false],
  ]);
  expect(spared).toEqual([
    [1, 0, 1],
    [0, 1, 0],
    [1, 0, 1],
  ]);
  expect(rowsOf({ duplicates: 'positive' })[0]).toEqual([
    [0.5, 0, 0.5],
    [0, 1, 0],
    [0.5, 0, 0.5],
  ]);
  expect(rowsOf({ duplicates: 'negative' })[2]).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
});

it('smooths over the candidates that count', () => {
  close(rowsOf({}, 0.3)[0]!, [
    [0.85, 0.15, 0],
    [0.1, 0.8, 0.1],
    [0, 0.15, 0.85],
  ]);
});

it('adds a queue, by its images, and hard negatives', () => {
  const [targets, barred, spared] = rowsOf({}, 0, { queue: ['b', 'x'], hard: 1 });
  expect(targets!.map((row) => row.slice(3))).toEqual(new Array(3).fill([0, 0, 0]));
  expect(barred!.map((row) => row.slice(3).map((value) => value < 0))).toEqual([
    [false, false, false],
    [true, false, false],
    [false, false, false],
  ]);
  expect(spared![1]!.slice(3)).toEqual([1, 0, 0]);
});

it.each(['exclude', 'positive', 'negative'])('never counts empty places: %s', (duplicates) => {
  const queue = ['x', null, null];
  const [targets, barred, spared] = rowsOf({ duplicates }, 0.4, { queue });
  const columns = (matrix?: number[][]): number[] => matrix![1]!.slice(3);
  close([targets![1]!], [[0.1, 0.7, 0.1, 0.1, 0, 0]]);
  expect(columns(barred).map((value) => value < 0)).toEqual([false, true, true]);
  expect(columns(spared)).toEqual([0, 1, 1]);
});
