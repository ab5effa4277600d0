import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isCrossweaveError,
  foldIn,
  key,
  randomInteger,
  disposeParams,
  type Params,
} from '@crossweave/core';
import { loadCheckpoint } from './load-checkpoint';
import { saveCheckpoint } from './save-checkpoint';

let root = '';
let folder = '';
const first = 'model-00001-of-00002.safetensors';
const index = 'model.safetensors.index.json';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crossweave-'));
  folder = join(root, 'model');
  await mkdir(folder);
  const params: Params = { a: tensor2d([1, 2, 3, 4], [2, 2]), b: tensor1d([5, 6]) };
  await saveCheckpoint(join(folder, 'model.safetensors'), params, { shardBytes: 16 });
  await writeFile(join(folder, 'config.json'), '{"hidden_size":2}');
  disposeParams(params);
});
afterEach(() => rm(root, { recursive: true }));

/** Puts something else in the place of a file. */
async function replace(name: string, make: (path: string) => unknown): Promise<void> {
  await rm(join(folder, name), { force: true });
  await make(join(folder, name));
}

describe('a folder that somebody else made', () => {
  it.each([first, index, 'config.json', 'model.safetensors'])(
    'cannot read files elsewhere through a link in place of %s',
    async (name) => {
      await writeFile(join(root, 'secret'), 'secret');
      await replace(name, (path) => symlink('../secret', path));
      const loading = loadCheckpoint(folder);
      await expect(loading).rejects.toThrow(/is a link that leads out of its folder/);
      await expect(loading).rejects.not.toThrow(/secret is not/);
    },
  );

  it.skipIf(process.platform === 'win32').each([first, index, 'config.json', 'model.safetensors'])(
    'cannot hold the program up by a pipe in place of %s',
    async (name) => {
      await replace(name, (path) => execFileSync('mkfifo', [path]));
      await expect(loadCheckpoint(folder)).rejects.toThrow(/expected a regular file/);
      await expect(loadCheckpoint(join(folder, name))).rejects.toThrow(/regular file|belongs/);
    },
  );

  it.each([first, index, 'config.json', 'model.safetensors'])(
    'is refused with a folder in place of %s',
    async (name) => {
      await replace(name, (path) => mkdir(path));
      await expect(loadCheckpoint(folder)).rejects.toThrow(/expected a regular file/);
    },
  );

  it('cannot name shards elsewhere', async () => {
    for (const file of ['../secret.safetensors', '/etc/x.safetensors', '..', 'config.json', '']) {
      await writeFile(join(folder, index), JSON.stringify({ weight_map: { a: file } }));
      await expect(loadCheckpoint(folder)).rejects.toThrow(/file of "a" is wrong/);
    }
  });

  it('loads through the links of a hub cache', async () => {
    const blobs = join(root, 'models--org--m', 'blobs');
    const snapshot = join(root, 'models--org--m', 'snapshots', 'c0ffee');
    await mkdir(blobs, { recursive: true });
    await mkdir(snapshot, { recursive: true });
    for (const name of await readdir(folder)) {
      await writeFile(join(blobs, `hash-of-${name}`), await readFile(join(folder, name)));
      await symlink(join('..', '..', 'blobs', `hash-of-${name}`), join(snapshot, name));
    }
    const { params, config } = await loadCheckpoint(snapshot);
    expect([...params['b']!.dataSync()]).toEqual([5, 6]);
    expect(config).toEqual({ hidden_size: 2 });
    disposeParams(params);
  });
});

it('gives typed errors alone for damaged folders, and leaves no tensor behind', async () => {
  const files = (await readdir(folder)).sort();
  const whole = new Map<string, Buffer>();
  for (const name of files) whole.set(name, await readFile(join(folder, name)));
  const before = memory().numTensors;
  let refused = 0;
  const rounds = 300;
  for (let round = 0; round < rounds; round++) {
    const draw = (name: string, limit: number): number =>
      randomInteger(foldIn(foldIn(key(11), round), name), limit);
    const name = files[draw('file', files.length)]!;
    await writeFile(join(folder, name), mutate(whole.get(name)!, draw));
    try {
      disposeParams((await loadCheckpoint(folder)).params);
    } catch (error) {
      if (!isCrossweaveError(error)) throw error;
      refused++;
    }
    expect(memory().numTensors, `round ${round}`).toBe(before);
    await writeFile(join(folder, name), whole.get(name)!);
  }
  expect(refused).toBeGreaterThan(rounds / 4);
  expect(refused).toBeLessThan(rounds);
});

/** A few bytes changed, a piece cut out or doubled, or the end lost. */
function mutate(bytes: Buffer, draw: (name: string, limit: number) => number): Buffer {
  const at = draw('at', bytes.length);
  const end = Math.min(bytes.length, at + 1 + draw('length', 30));
  switch (draw('kind', 4)) {
    case 0: {
      const changed = Buffer.from(bytes);
      for (let i = 0; i <= draw('count', 3); i++) {
        changed[draw(`where ${i}`, bytes.length)] = draw(`byte ${i}`, 256);
      }
      return changed;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    default:
      return bytes.subarray(0, at);
  }
}
