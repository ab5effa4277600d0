import { ConfigError, NonFiniteError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/representations.json';
import { alignment, modalityGap, uniformity } from './geometry';
import type { LabelledVectors } from './labelled-vectors';
import { fitProbe, linearProbe } from './linear-probe';
import { nearestNeighbours, type NearestNeighboursOptions } from './nearest-neighbours';
import { effectiveRank, linearCka } from './spectrum';
import { symmetricEigenvalues } from './symmetric-eigenvalues';
import type { Vectors } from './vectors';

const vectors = (rows: readonly (readonly number[])[]): Vectors => ({
  values: Float64Array.from(rows.flat()),
  width: rows[0]!.length,
});
const labelled = (
  rows: readonly (readonly number[])[],
  classes: readonly number[],
): LabelledVectors => ({ ...vectors(rows), classes });

const few = labelled(
  [
    [1, 0],
    [0, 1],
    [1, 1],
  ],
  [0, 1, 1],
);
const runner = { describe, it };
testOptions('nearestNeighbours', (options) => nearestNeighbours(few, few, options), runner);
testOptions('linearProbe', (options) => linearProbe(few, few, options), runner);

describe.each(fixture.geometry)('figures as NumPy’s: $name', (given) => {
  const [x, y] = [vectors(given.x), vectors(given.y)];
  const single: Vectors = { values: Float32Array.from(x.values), width: x.width };

  it('alignment, uniformity and gap', () => {
    expect(alignment(x, y)).toBeCloseTo(given.alignment[2], 9);
    expect(alignment(x, y, 1)).toBeCloseTo(given.alignment[1], 9);
    expect(uniformity(x)).toBeCloseTo(given.uniformity[2], 9);
    expect(uniformity(x, 1)).toBeCloseTo(given.uniformity[1], 9);
    expect(uniformity(single)).toBeCloseTo(given.uniformity[2], 5);
    expect(modalityGap(x, y)).toBeCloseTo(given.modalityGap, 9);
  });

  it('effective rank and CKA', () => {
    expect(effectiveRank(x) / given.effectiveRank).toBeCloseTo(1, 6);
    expect(linearCka(x, y)).toBeCloseTo(given.cka, 9);
    expect(linearCka(y, x)).toBeCloseTo(given.cka, 9);
  });
});

describe.each(fixture.classes)('classifiers as scikit-learn’s: $name', (given) => {
  const train = labelled(given.train, given.classes);
  const test = labelled(given.test, given.truth);

  it('the linear probe', () => {
    const { logits, seen } = fitProbe(train, test, { c: given.probe.c });
    expect(seen).toEqual([...new Set(given.classes)].sort());
    const flat = given.probe.logits.flat();
    const apart = logits.flat().map((value, i) => Math.abs(value - flat[i]!));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
    expect(linearProbe(train, test, { c: given.probe.c })).toEqual(given.probe.classes);
  });

  it('the linear probe without standardisation', () => {
    const moved = (rows: readonly (readonly number[])[]): number[][] =>
      rows.map((row) => row.map((value, d) => value - given.plain.offset[d]!));
    const [a, b] = [
      labelled(moved(given.train), given.classes),
      labelled(moved(given.test), given.truth),
    ];
    const options = { c: given.plain.c, standardise: false };
    expect(linearProbe(a, b, options)).toEqual(given.plain.classes);
  });

  it.each(given.neighbours)('$k neighbours with the votes $votes', ({ k, votes, classes }) => {
    const options = { k, votes } as NearestNeighboursOptions;
    expect(nearestNeighbours(train, test, options)).toEqual(classes);
  });
});

describe('what has no figure', () => {
  const zero = vectors([
    [1, 0],
    [0, 0],
  ]);
  const same = vectors([
    [0.1, 0.7],
    [0.1, 0.7],
    [0.1, 0.7],
  ]);
  const other = vectors([
    [1, 2],
    [3, 4],
    [0, 1],
  ]);

  it('is refused, by the row', () => {
    expect(() => alignment(zero, zero)).toThrow(/row 1 of "x" is zero/);
    expect(() => modalityGap(other, zero)).toThrow(/row 1 of "y" is zero/);
    expect(() => uniformity(vectors([[1, 0]]))).toThrow(/2 or more rows/);
    expect(() => effectiveRank(vectors([[0, 0]]))).toThrow(ConfigError);
    expect(() => linearCka(same, other)).toThrow(/rows of "x" are all equal/);
    expect(() => linearCka(other, same)).toThrow(/rows of "y" are all equal/);
    expect(() => linearCka(other, zero)).toThrow(/as many rows/);
    expect(() => alignment(other, vectors([[1], [2], [3]]))).toThrow(/same width/);
    expect(() => alignment(other, other, NaN)).toThrow(/"alpha"/);
    const nan = vectors([
      [1, 2],
      [3, NaN],
    ]);
    for (const figure of [uniformity, effectiveRank]) {
      expect(() => figure(nan)).toThrow(NonFiniteError);
      expect(() => figure(nan)).toThrow(/NaN in row 1, number 1/);
    }
    expect(() => uniformity({ values: new Float32Array(5), width: 2 })).toThrow(/cut off/);
  });

  it('is refused of classes that tell nothing', () => {
    expect(() => linearProbe(labelled([[1], [2]], [1, 1]), few)).toThrow(ConfigError);
    const one = labelled(
      [
        [1, 0],
        [0, 1],
      ],
      [1, 1],
    );
    expect(() => linearProbe(one, few)).toThrow(/one class alone/);
    expect(() => nearestNeighbours(one, few)).toThrow(/one class alone/);
    expect(() => nearestNeighbours(few, { ...few, classes: [0, 1] })).toThrow(/classes of "test"/);
    expect(() => nearestNeighbours(few, few, { k: 4 })).toThrow(/at most 3/);
  });

  it('is told where it is known: equal rows, one row, a sharp kernel', () => {
    expect(uniformity(same)).toBeCloseTo(0, 12);
    expect(effectiveRank(vectors([[3, 4]]))).toBeCloseTo(1, 12);
    expect(effectiveRank(same)).toBeCloseTo(1, 6);
    expect(linearCka(other, other)).toBeCloseTo(1, 12);
    expect(
      uniformity(
        vectors([
          [1, 0],
          [-1, 0],
        ]),
        1000,
      ),
    ).toBeCloseTo(-4000, 6);
    // A class that the training rows lack is never given.
    expect(linearProbe(labelled([[-1], [1]], [0, 2]), labelled([[-2], [2]], [1, 2]))).toEqual([
      0, 2,
    ]);
  });
});

it('finds the eigenvalues of matrices that are diagonal, repeated, or one number', () => {
  const of = (matrix: readonly number[], n: number): number[] =>
    [...symmetricEigenvalues(Float64Array.from(matrix), n)].sort((a, b) => a - b);
  expect(of([5], 1)).toEqual([5]);
  expect(of([2, 0, 0, 0, 0, 0, 0, 0, 1], 3)).toEqual([0, 1, 2]);
  const path = [2, -1, 0, 0, -1, 2, -1, 0, 0, -1, 2, -1, 0, 0, -1, 2];
  of(path, 4).forEach((value, k) => {
    expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / 5), 12);
  });
  const ones = of(new Array<number>(25).fill(1), 5);
  ones.forEach((value, k) => expect(value).toBeCloseTo(k === 4 ? 5 : 0, 12));
});
