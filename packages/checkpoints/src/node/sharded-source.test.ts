import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError, FileFormatError } from '@crossweave/core';
import { serializeSafetensors } from '../safetensors/safetensors';
import { openSharded } from './sharded-source';

let folder = '';
let index = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  index = join(folder, 'model.safetensors.index.json');
});
afterEach(() => rm(folder, { recursive: true }));

async function shard(file: string, ...names: string[]): Promise<void> {
  const tensors = names.map((name, i) => {
    const data = new Uint8Array(Float32Array.of(i, name.length).buffer);
    return [name, { dtype: 'F32', shape: [2], data }] as const;
  });
  await writeFile(join(folder, file), serializeSafetensors(tensors, { format: 'pt' }));
}
const writeIndex = (map: unknown): Promise<void> =>
  writeFile(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }));

it('reads tensors from the shards that hold them', async () => {
  await shard('a.safetensors', 'x', 'yy');
  await shard('b.safetensors', 'zzz');
  await writeIndex({ zzz: 'b.safetensors', x: 'a.safetensors', yy: 'a.safetensors' });
  await using source = await openSharded(index);
  expect([...source.entries.keys()]).toEqual(['x', 'yy', 'zzz']);
  expect(source.metadata).toEqual({ format: 'pt' });
  const values: number[][] = [];
  for (const name of source.entries.keys()) {
    const tensor = await source.read(name);
    values.push([...tensor.dataSync()]);
    tensor.dispose();
  }
  expect(values).toEqual([
    [0, 1],
    [1, 2],
    [0, 3],
  ]);
  await expect(source.read('w')).rejects.toThrow(/there is no tensor "w"/);
});

describe('refuses', () => {
  it('a shard that is missing or cut short', async () => {
    await shard('a.safetensors', 'x');
    await writeIndex({ x: 'a.safetensors', y: 'b.safetensors' });
    await expect(openSharded(index)).rejects.toThrow(DataError);
    await expect(openSharded(index)).rejects.toThrow(/b\.safetensors: .*ENOENT/);
    await writeFile(join(folder, 'b.safetensors'), 'cut');
    await expect(openSharded(index)).rejects.toThrow(FileFormatError);
  });

  it('a tensor in another shard than the index says, and one in none', async () => {
    await shard('a.safetensors', 'x', 'y');
    await shard('b.safetensors', 'z');
    await writeIndex({ x: 'a.safetensors', y: 'b.safetensors', z: 'b.safetensors' });
    await expect(openSharded(index)).rejects.toThrow(
      /"y" is in the wrong shard; expected b\.safetensors; got a\.safetensors.*download/,
    );
    await writeIndex({ x: 'a.safetensors', y: 'a.safetensors', w: 'b.safetensors' });
    await expect(openSharded(index)).rejects.toThrow(/"z" is in the wrong shard/);
    await shard('b.safetensors');
    await expect(openSharded(index)).rejects.toThrow(/"w" is not in its shard/);
  });

  it.each([
    ['no JSON', '{', /not JSON/],
    ['no map', '{}', /no weight_map/],
    ['a list', '{"weight_map":[]}', /no weight_map/],
    ['a number for a file', '{"weight_map":{"x":3}}', /file of "x".*3/],
    ['a file elsewhere', '{"weight_map":{"x":"../secret"}}', /beside the index.*\.\.\/secret/],
    ['a file elsewhere on Windows', '{"weight_map":{"x":"C:secret"}}', /file of "x"/],
  ])('an index with %s', async (_, text, message) => {
    await writeFile(index, text);
    await expect(openSharded(index)).rejects.toThrow(FileFormatError);
    await expect(openSharded(index)).rejects.toThrow(message);
  });
});
