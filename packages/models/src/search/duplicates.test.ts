import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { ConfigError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { openModel } from '../open/open-model';
import { fixture, pictureFiles } from '../pretrained/fixtures.testing';
import type { Embeddings } from '../vectors/embeddings';
import { calibrateDuplicates, duplicates } from './duplicates';

/** Points of the unit circle by their angles in degrees. */
function circle(...degrees: number[]): Embeddings {
  const turns = degrees.map((each) => (each * Math.PI) / 180);
  const values = Float32Array.from(turns.flatMap((turn) => [Math.cos(turn), Math.sin(turn)]));
  return { rows: degrees.length, dim: 2, values };
}

const cosine = (degrees: number): number => Math.cos((degrees * Math.PI) / 180);

describe('duplicates', () => {
  it('groups what is near enough, over a third one too, the earliest first', async () => {
    const groups = await duplicates(circle(100, 0, 4, 50, 8, 101), { threshold: cosine(5) });
    expect(groups.map(({ rows }) => rows)).toEqual([
      [0, 5],
      [1, 2, 4],
    ]);
    expect(groups[0]!.score).toBeCloseTo(cosine(1), 5);
    expect(groups[1]!.score).toBeCloseTo(cosine(4), 5);
  });

  it('refuses vectors of which a product is no cosine', async () => {
    const two = circle(0, 1);
    for (const factor of [3, 0.5, 0, Number.NaN]) {
      const items = {
        ...two,
        values: two.values.map((value, i) => (i < 2 ? value : value * factor)),
      };
      await expect(duplicates(items, { threshold: 0.5 })).rejects.toThrow(
        Number.isNaN(factor) ? /not finite/ : /row 1 of "items" is not of unit length/,
      );
    }
  });

  it('joins more equal items than it compares of each, and takes no item for its own copy', async () => {
    const same = circle(...Array.from({ length: 40 }, () => 30), 90);
    const [group, ...others] = await duplicates(same, { threshold: 1 - 1e-6, neighbours: 2 });
    expect(group!.rows).toHaveLength(40);
    expect(group!.rows).not.toContain(40);
    expect(others.every(({ rows }) => !rows.includes(40))).toBe(true);
    expect(await duplicates(circle(1), { threshold: 0.5 })).toEqual([]);
    expect(await duplicates(circle(), { threshold: 0.5 })).toEqual([]);
  });

  testOptions(
    'duplicates',
    (options: object) => duplicates(circle(0, 1), { threshold: 0.5, ...options }),
    { describe, it },
  );
});

describe('calibrateDuplicates', () => {
  it('chooses the threshold that different pictures do not reach', async () => {
    await using model = await openModel(fixture('clip'));
    const [first, second, third] = await pictureFiles();
    const before = memory().numTensors;
    // Ten of them: the three that there are, by names.
    const files = Array.from({ length: 10 }, (_, i) => [first!, second!, third!][i % 3]!);
    await expect(calibrateDuplicates(model, files)).rejects.toThrow(/does not tell.*apart/);
    const loose = await calibrateDuplicates(
      {
        ...model,
        encodeImage: (given) => spread(model.dim, Array.isArray(given) ? given.length : 10),
      },
      files,
    );
    expect(loose.threshold).toBeCloseTo(cosine(10), 5);
    expect(loose).toMatchObject({ mistaken: 0, known: 1, pictures: 10 });
    expect(memory().numTensors).toBe(before);
  });

  it('refuses too few pictures, and a model of texts', async () => {
    await using model = await openModel(fixture('clip'));
    const files = await pictureFiles();
    await expect(calibrateDuplicates(model, files)).rejects.toThrow(ConfigError);
    const texts = { ...model, preprocessing: undefined };
    await expect(calibrateDuplicates(texts, files)).rejects.toThrow(/got no image tower/);
  });
});

/** Vectors ten degrees apart. */
function spread(dim: number, rows: number): Promise<Embeddings> {
  const values = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    values[row * dim] = cosine(row * 10);
    values[row * dim + 1] = Math.sin((row * 10 * Math.PI) / 180);
  }
  return Promise.resolve({ rows, dim, values });
}
