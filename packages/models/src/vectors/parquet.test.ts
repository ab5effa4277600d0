import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import { parquetOf } from './parquet';

it('writes ids and lists of float32, and the model', async () => {
  const values = Float32Array.from([1, 2, 0.1, -4, 5, 6]);
  const set = {
    ids: ['a', 'ä "2"\n', ''],
    embeddings: { rows: 3, dim: 2, values },
    model: 'sha256:0',
  };
  const file = (await parquetOf(set)).slice().buffer;
  const rows = await parquetReadObjects({ file });
  expect(rows).toEqual([
    { id: 'a', embedding: [1, 2] },
    { id: 'ä "2"\n', embedding: [Math.fround(0.1), -4] },
    { id: '', embedding: [5, 6] },
  ]);
  const contents = ['0a', '1b', '2c'];
  const pictures = (await parquetOf({ ...set, contents })).slice().buffer;
  const columns = await parquetReadObjects({ file: pictures, columns: ['id', 'sha256'] });
  expect(columns[1]).toEqual({ id: 'ä "2"\n', sha256: '1b' });
  const { key_value_metadata: pairs } = parquetMetadata(file);
  expect(pairs).toContainEqual({ key: 'crossweave.model', value: 'sha256:0' });
});

it('writes no rows, and many', async () => {
  const none = { ids: [], embeddings: { rows: 0, dim: 3, values: new Float32Array() }, model: 'm' };
  expect(await parquetReadObjects({ file: (await parquetOf(none)).slice().buffer })).toEqual([]);
  const rows = 2500;
  const values = Float32Array.from({ length: rows * 4 }, (_, i) => i / 7);
  const ids = Array.from({ length: rows }, (_, i) => `picture ${i}.jpg`);
  const many = await parquetOf({ ids, embeddings: { rows, dim: 4, values }, model: 'm' });
  const read = await parquetReadObjects({ file: many.slice().buffer });
  expect(read).toHaveLength(rows);
  expect(read[2400]).toEqual({ id: 'picture 2400.jpg', embedding: [...values.slice(9600, 9604)] });
});
