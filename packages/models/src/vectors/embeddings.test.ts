import { ConfigError } from '@crossweave/core';
import { expect, it } from 'vitest';
import { joinEmbeddings, rowOf, type Embeddings } from './embeddings';

const two: Embeddings = { rows: 2, dim: 2, values: Float32Array.from([1, 0, 0, 1]) };

it('gives rows, and refuses one that is not there', () => {
  expect([...rowOf(two, 1)]).toEqual([0, 1]);
  for (const row of [-1, 2, 0.5, Number.NaN]) expect(() => rowOf(two, row)).toThrow(ConfigError);
});

it('joins vectors of one width alone', () => {
  expect(joinEmbeddings([two, two], 2)).toMatchObject({ rows: 4, dim: 2 });
  expect(joinEmbeddings([], 2)).toMatchObject({ rows: 0, dim: 2 });
  expect(() => joinEmbeddings([two, { ...two, rows: 1, dim: 4 }], 2)).toThrow(/different widths/);
  expect(() => joinEmbeddings([two], undefined as never)).toThrow(/"dim"/);
});
