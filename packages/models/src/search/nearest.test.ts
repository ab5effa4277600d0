import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { key, normalArray } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { checkOptions } from '@crossweave/core/authoring';
import { describe, expect, it } from 'vitest';
import { rowOf, type Embeddings } from '../vectors/embeddings';
import { nearest, nearestChecks } from './nearest';

function random(seed: number, rows: number, dim = 5): Embeddings {
  const values = Float32Array.from(normalArray(key(seed), rows * dim));
  return { rows, dim, values };
}

/** The same by sorting everything. */
function sorted(queries: Embeddings, items: Embeddings, top: number) {
  return Array.from({ length: queries.rows }, (_, q) =>
    Array.from({ length: items.rows }, (_unused, row) => ({
      row,
      score: rowOf(queries, q).reduce((sum, v, i) => sum + v * rowOf(items, row)[i]!, 0),
    }))
      .sort((a, b) => b.score - a.score)
      .slice(0, top),
  );
}

it.each([1, 3, 7, 100])('finds what sorting everything finds, %d at a time', async (chunk) => {
  const before = memory().numTensors;
  const [queries, items] = [random(1, 3), random(2, 23)];
  const found = await nearest(queries, items, { top: 4, chunk });
  const expected = sorted(queries, items, 4);
  expect(found.map((row) => row.map((each) => each.row))).toEqual(
    expected.map((row) => row.map((each) => each.row)),
  );
  found.flat().forEach(({ score }, i) => expect(score).toBeCloseTo(expected.flat()[i]!.score, 5));
  expect(memory().numTensors).toBe(before);
});

it('gives fewer where there are fewer, and the earlier of equals', async () => {
  const same: Embeddings = { rows: 3, dim: 2, values: Float32Array.from([1, 0, 1, 0, 1, 0]) };
  const [found] = await nearest({ rows: 1, dim: 2, values: Float32Array.from([1, 0]) }, same, {
    chunk: 2,
  });
  expect(found!.map(({ row }) => row)).toEqual([0, 1, 2]);
  expect(await nearest(random(1, 0), same, {}).catch(String)).toMatch(/different widths/);
  const none: Embeddings = { rows: 0, dim: 2, values: new Float32Array() };
  expect(await nearest(none, same)).toEqual([]);
  expect(await nearest(same, none)).toEqual([[], [], []]);
});

it('refuses vectors that have no place in an order', async () => {
  const good: Embeddings = { rows: 2, dim: 2, values: Float32Array.from([1, 0, 0, 1]) };
  const nan: Embeddings = { ...good, values: Float32Array.from([1, 0, NaN, 1]) };
  const before = memory().numTensors;
  await expect(nearest(good, nan)).rejects.toThrow(/not finite; got NaN in row 1 of "items"/);
  await expect(nearest(nan, good)).rejects.toThrow(/row 1 of "queries"/);
  await expect(nearest(good, { ...good, rows: 3 })).rejects.toThrow(/"items".*3 × 2 values; got 4/);
  await expect(nearest({ ...good, values: [1, 0, 0, 1] as never }, good)).rejects.toThrow(
    /"queries\.values".*a Float32Array/,
  );
  expect(memory().numTensors).toBe(before);
});

testOptions('nearest', (options) => checkOptions('nearest', options as object, nearestChecks), {
  describe,
  it,
});
