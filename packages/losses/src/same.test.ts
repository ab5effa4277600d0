import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import {
  negativeCounts,
  negativeMatrix,
  rightImages,
  rightTexts,
  sameness,
  setMatrix,
  type RowSets,
} from './same';

const rows = (sets: RowSets): number[][] => sets.map((set) => [...set].sort());

describe('rightTexts and rightImages', () => {
  it('take rows of one image for right of each other', () => {
    const batch = { groups: ['a', 'b', 'a'] };
    const right = [[0, 2], [1], [0, 2]];
    expect(rows(rightTexts(batch))).toEqual(right);
    expect(rows(rightImages(batch))).toEqual(right);
    expect(rows(rightTexts({ groups: ['a', null, null] }))).toEqual([[0], [1], [2]]);
  });

  it('take equal captions for right where the batch has them, and labels when told to', () => {
    const batch = { groups: ['a', 'b', 'c'], captions: ['x', 'y', 'x'], labels: ['k', 'k', 'm'] };
    expect(rows(rightTexts(batch))).toEqual([[0, 2], [1], [0, 2]]);
    expect(rows(rightTexts(batch, ['labels']))).toEqual([[0, 1], [0, 1], [2]]);
    expect(rows(rightTexts(batch, ['captions', 'labels']))).toEqual([
      [0, 1, 2],
      [0, 1],
      [0, 2],
    ]);
    expect(rows(rightTexts(batch, []))).toEqual([[0], [1], [2]]);
  });

  it('know every caption of an image, and do not merge images that share one', () => {
    // Image a has x and y, image b has y and nothing else.
    const batch = { groups: ['a', 'a', 'b'], captions: ['x', 'y', 'y'] };
    expect(rows(rightTexts(batch))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [1, 2],
    ]);
    expect(rows(rightImages(batch))).toEqual([
      [0, 1],
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(rows(rightTexts(batch, undefined, 1))).toEqual([[0, 1, 2]]);
  });

  it('are each other the other way round, whatever the batch', () => {
    const names = ['a', 'b', 'c'];
    for (let code = 0; code < 3 ** 6; code++) {
      const digits = Array.from({ length: 6 }, (_, i) => names[Math.floor(code / 3 ** i) % 3]!);
      const batch = { groups: digits.slice(0, 3), captions: digits.slice(3) };
      const [texts, images] = [rightTexts(batch), rightImages(batch)];
      texts.forEach((right, i) => {
        for (let j = 0; j < 3; j++) {
          const known = batch.groups.some(
            (group, k) => group === batch.groups[i] && batch.captions[k] === batch.captions[j],
          );
          expect([right.has(j), images[j]!.has(i)]).toEqual([known, known]);
        }
      });
    }
  });

  it('refuse labels that the batch does not have', () => {
    const ask = (): unknown => rightTexts({ groups: ['a', 'b'] }, ['labels']);
    expect(ask).toThrow(ConfigError);
    expect(ask).toThrow(/"same" contains "labels"/);
  });
});

it('sameness is of two rows alone', () => {
  const batch = { groups: ['a', 'a', 'b'], captions: ['x', 'y', 'y'] };
  expect(rows(sameness(batch, ['groups', 'captions']))).toEqual([
    [0, 1],
    [0, 1, 2],
    [1, 2],
  ]);
});

it('makes matrices and counts of sets', () => {
  const sets = rightTexts({ groups: ['a', 'b', 'a'] });
  expect([...setMatrix(sets)]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1]);
  expect([...setMatrix(sets, 1, 3)]).toEqual([0, 1, 1, 0, 0, 1]);
  expect([...negativeMatrix(sets)]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
  expect(negativeCounts(sets)).toEqual([1, 2, 1]);
});
