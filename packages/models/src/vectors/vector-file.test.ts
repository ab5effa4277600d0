import { mkdir, readdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory, zeros } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, FileFormatError } from '@crossweave/core';
import { saveSafetensors } from '@crossweave/checkpoints/node';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parquetOf } from './parquet';
import { saveSafetensorsVectors } from './safetensors';
import { loadVectors, saveVectors } from './vector-file';
import type { VectorOrigin, VectorSet } from './vector-set';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

const set: VectorSet = {
  ids: ['a/1.png', 'ä "2"\n.png', ''],
  embeddings: { rows: 3, dim: 2, values: Float32Array.from([1, 2, 3, 4, 5, -6]) },
  model: 'sha256:00',
};

describe.each(['v.safetensors', 'v.parquet'])('%s', (name) => {
  it('keeps vectors, ids and model', async () => {
    const before = memory().numTensors;
    const path = join(folder, name);
    expect(await saveVectors(path, set)).toEqual([path]);
    expect(await loadVectors(path)).toEqual(set);
    const whole: VectorSet = {
      ...{ ...set, contents: ['0a', '1b', '2c'] },
      origin: { of: 'pictures', precision: 'bf16', model: { weights: 'sha256:1' } },
    };
    await saveVectors(path, whole);
    expect(await loadVectors(path)).toEqual(whole);
    const embeddings = { rows: 0, dim: 2, values: new Float32Array() };
    const none: VectorSet = { ids: [], embeddings, model: 'm' };
    await saveVectors(path, none);
    expect(await loadVectors(path)).toEqual(none);
    expect(memory().numTensors).toBe(before);
  });

  it('is refused where it is cut off, missing, or holds something else', async () => {
    const path = join(folder, name);
    await expect(loadVectors(path)).rejects.toThrow(DataError);
    await saveVectors(path, set);
    const bytes = await readFile(path);
    for (const length of [0, 7, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      await expect(loadVectors(path), `${length} bytes`).rejects.toThrow(FileFormatError);
    }
    const values = Float32Array.from([1, 2, 3, NaN, 5, 6]);
    const bad = { ...set, embeddings: { rows: 3, dim: 2, values } };
    await expect(saveVectors(path, bad)).rejects.toThrow(/not finite; got NaN in row 1/);
    await (name.endsWith('.parquet')
      ? writeFile(path, await parquetOf(bad))
      : saveSafetensorsVectors(path, bad));
    await expect(loadVectors(path)).rejects.toThrow(/not finite.*row 1/);
    const strange = { of: 'sounds', precision: 'float32', model: {} } as unknown as VectorOrigin;
    await saveVectors(path, { ...set, origin: strange });
    await expect(loadVectors(path)).rejects.toThrow(/holds no vectors/);
  });
});

it('reads more rows of a Parquet file than lie in one of its groups', async () => {
  const [rows, path] = [9000, join(folder, 'v.parquet')];
  const values = Float32Array.from({ length: rows * 2 }, (_, i) => i / 3);
  const many: VectorSet = {
    ids: Array.from({ length: rows }, (_, i) => `${i}.jpg`),
    embeddings: { rows, dim: 2, values },
    model: 'm',
  };
  await saveVectors(path, many);
  expect(await loadVectors(path)).toEqual(many);
});

it('refuses a Parquet file of something else, and NumPy’s format', async () => {
  const path = join(folder, 'v.parquet');
  const writer = new ByteWriter();
  await parquetWrite({ writer, columnData: [{ name: 'id', data: ['a'], type: 'STRING' }] });
  await writeFile(path, new Uint8Array(writer.getBuffer()));
  await expect(loadVectors(path)).rejects.toThrow(/holds no vectors/);
  await expect(loadVectors(join(folder, 'v.npy'))).rejects.toThrow(/does not say which model/);
});

it('writes NumPy’s format, with the ids a line each', async () => {
  const path = join(folder, 'v.npy');
  expect(await saveVectors(path, set)).toEqual([path, `${path}.ids.txt`]);
  const bytes = await readFile(path);
  const header = bytes.readUInt16LE(8);
  expect((10 + header) % 64).toBe(0);
  expect(bytes.toString('latin1', 10, 10 + header)).toMatch(
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 2\), \} *\n$/,
  );
  expect(bytes.readFloatLE(10 + header + 5 * 4)).toBe(-6);
  expect(bytes.length).toBe(10 + header + 24);
  expect(await readFile(`${path}.ids.txt`, 'utf8')).toBe('a/1.png\nä "2" .png\n\n');
});

it('leaves no names where NumPy’s file cannot be written', async () => {
  const path = join(folder, 'v.npy');
  await mkdir(path);
  await expect(saveVectors(path, set)).rejects.toThrow(DataError);
  expect(await readdir(folder)).toEqual(['v.npy']);
});

it('refuses what is no such file', async () => {
  await expect(saveVectors(join(folder, 'v.json'), set)).rejects.toThrow(ConfigError);
  const short = saveVectors(join(folder, 'v.npy'), { ...set, ids: ['a'] });
  await expect(short).rejects.toThrow(/ids are not one a row.*expected 3; got 1/);
  const contents = saveVectors(join(folder, 'v.parquet'), { ...set, contents: [] });
  await expect(contents).rejects.toThrow(/contents are not one a row.*expected 3; got 0/);
  const other = join(folder, 'w.safetensors');
  const tensor = zeros([2, 2]);
  await saveSafetensors(other, { embeddings: tensor }, { ids: '["a"]', model: 'm' });
  await expect(loadVectors(other)).rejects.toThrow(FileFormatError);
  await saveSafetensors(other, { embeddings: tensor });
  await expect(loadVectors(other)).rejects.toThrow(/holds no vectors/);
  tensor.dispose();
});
