import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keyMap } from '../key-map/key-map';
import {
  shapesOf,
  ConfigError,
  DataError,
  FileFormatError,
  StateDictError,
  disposeParams,
  type Params,
} from '@crossweave/core';
import { modelFolders } from './hub-caches';
import { loadCheckpoint } from './load-checkpoint';
import { saveCheckpoint } from './save-checkpoint';

let folder = '';
let params: Params = {};
let before = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  // No cache of this machine may decide a test.
  vi.stubEnv('HOME', join(folder, 'home'));
  vi.stubEnv('HF_HUB_CACHE', join(folder, 'hub'));
  before = memory().numTensors;
  params = {
    'a.weight': tensor2d([1, 2, 3, 4], [2, 2]),
    'a.bias': tensor1d([5, 6]),
    'b.weight': tensor2d([7, 8], [1, 2]),
  };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  disposeParams(params);
  // Also after what failed: nothing is left behind.
  expect(memory().numTensors).toBe(before);
  await rm(folder, { recursive: true });
});

const values = (tree: Params): Record<string, number[]> =>
  Object.fromEntries(Object.entries(tree).map(([path, value]) => [path, [...value.dataSync()]]));

async function expectWhole(name: string, options?: Parameters<typeof loadCheckpoint>[1]) {
  const loaded = await loadCheckpoint(name, { expected: shapesOf(params), ...options });
  expect(values(loaded.params)).toEqual(values(params));
  expect(Object.keys(loaded.params)).toEqual(Object.keys(params));
  disposeParams(loaded.params);
  return loaded;
}

async function modelIn(at: string, config: object = { hidden_size: 2 }): Promise<void> {
  await mkdir(at, { recursive: true });
  await writeFile(join(at, 'config.json'), JSON.stringify(config));
  await saveCheckpoint(join(at, 'model.safetensors'), params);
}

describe('finds', () => {
  it('a file, a folder with its config, and one odd file in a folder', async () => {
    await modelIn(folder);
    const path = join(folder, 'model.safetensors');
    expect(await expectWhole(path)).toMatchObject({
      config: { hidden_size: 2 },
      metadata: { format: 'pt' },
      path,
    });
    await expectWhole(folder);
    const odd = join(folder, 'odd');
    await mkdir(odd);
    await saveCheckpoint(join(odd, 'open_clip_model.safetensors'), params);
    expect((await expectWhole(odd)).config).toBeUndefined();
    await saveCheckpoint(join(odd, 'other.safetensors'), params);
    await expect(loadCheckpoint(odd)).rejects.toThrow(
      /several checkpoints.*open_clip_model\.safetensors, other/,
    );
  });

  it('a sharded checkpoint by its folder and by its index', async () => {
    const index = await saveCheckpoint(join(folder, 'model.safetensors'), params, {
      shardBytes: 16,
    });
    expect((await readdir(folder)).sort()).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
    await expectWhole(folder);
    await expectWhole(index);
    await rm(join(folder, 'model-00002-of-00002.safetensors'));
    await expect(loadCheckpoint(folder)).rejects.toThrow(/00002-of-00002.*ENOENT/);
  });

  it('a hub’s model in the caches of the transformers libraries', async () => {
    const id = 'org/tiny-model';
    const modules = join(folder, 'node_modules');
    const library = join(modules, '@xenova', 'transformers', '.cache');
    await mkdir(library, { recursive: true });
    const seekers = [join(folder, 'program.js')];
    const at = (revision: string) => modelFolders({ id, revision }, [], seekers);
    expect(await at('main')).toContain(join(library, id));
    expect(await at('v2')).toContain(join(library, id, 'v2'));

    const cache = join(folder, 'hub', 'models--org--tiny-model');
    await modelIn(join(cache, 'snapshots', 'c0ffee'));
    await mkdir(join(cache, 'refs'));
    await writeFile(join(cache, 'refs', 'main'), 'c0ffee\n');
    await expectWhole(id);
    await expectWhole(id, { revision: 'c0ffee' });
    await expect(loadCheckpoint(id, { revision: 'v2' })).rejects.toThrow(DataError);
    const own = join(folder, 'own');
    await modelIn(join(own, id), { own: true });
    expect((await expectWhole(id, { cacheFolder: own })).config).toEqual({ own: true });
  });
});

describe('says how to get what is not there', () => {
  it('from the hub', async () => {
    const missing = loadCheckpoint('org/none');
    await expect(missing).rejects.toThrow(DataError);
    await expect(missing).rejects.toThrow(
      /org\/none: .*download: true.*"hf download org\/none config\.json model\.safetensors".*https:\/\/huggingface\.co\/org\/none\/resolve\/main\/model\.safetensors/,
    );
  });

  it('from a PyTorch file', async () => {
    await writeFile(join(folder, 'pytorch_model.bin'), 'PK');
    await expect(loadCheckpoint(folder)).rejects.toThrow(FileFormatError);
    await expect(loadCheckpoint(folder)).rejects.toThrow(/only PyTorch files.*weights_only=True/);
    const cached = join(folder, 'cache', 'org', 'old');
    await mkdir(cached, { recursive: true });
    await writeFile(join(cached, 'pytorch_model.bin'), 'PK');
    const options = { cacheFolder: join(folder, 'cache') };
    await expect(loadCheckpoint('org/old', options)).rejects.toThrow(/weights_only=True/);
  });

  it('where nothing can be said', async () => {
    await expect(loadCheckpoint(join(folder, 'none.safetensors'))).rejects.toThrow(DataError);
    await expect(loadCheckpoint('')).rejects.toThrow(ConfigError);
    await expect(loadCheckpoint(folder)).rejects.toThrow(/contains no weights/);
  });
});

describe('downloads when asked', () => {
  let server: Server;
  let endpoint = '';
  const files = new Map<string, Uint8Array | string>();
  const asked: string[] = [];
  beforeEach(async () => {
    files.clear();
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push(request.url!);
      const body = files.get(request.url!);
      response.writeHead(body === undefined ? 404 : 200);
      if (body === 'cut') {
        response.write('half');
        setTimeout(() => response.destroy(), 10);
      } else response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function publish(shardBytes?: number): Promise<void> {
    const source = join(folder, 'source');
    await mkdir(source);
    await saveCheckpoint(join(source, 'model.safetensors'), params, {
      ...(shardBytes !== undefined && { shardBytes }),
    });
    for (const name of await readdir(source)) {
      files.set(`/org/m/resolve/main/${name}`, await readFile(join(source, name)));
    }
  }

  it.each([undefined, 16])('once, whole or in shards of %s bytes', async (shardBytes) => {
    await publish(shardBytes);
    files.set('/org/m/resolve/main/config.json', '{"x":1}');
    const options = { download: true, endpoint, cacheFolder: join(folder, 'cache') };
    expect((await expectWhole('org/m', options)).config).toEqual({ x: 1 });
    const requests = asked.length;
    await expectWhole('org/m', { cacheFolder: join(folder, 'cache') });
    expect(asked).toHaveLength(requests);
  });

  it('and leaves nothing half done', async () => {
    const cacheFolder = join(folder, 'cache');
    const options = { download: true, endpoint, cacheFolder };
    await expect(loadCheckpoint('org/m', options)).rejects.toThrow(/no safetensors weights/);
    files.set('/org/m/resolve/main/model.safetensors', 'cut');
    await expect(loadCheckpoint('org/m', options)).rejects.toThrow(/download failed/);
    expect(await readdir(join(cacheFolder, 'org', 'm'))).toEqual([]);
  });
});

describe('compares before it reads', () => {
  const path = (): string => join(folder, 'model.safetensors');

  it('and lists what differs', async () => {
    await saveCheckpoint(path(), params);
    const expected = { ...shapesOf(params), 'a.bias': [3], 'c.weight': [1] };
    const failing = loadCheckpoint(path(), { expected });
    await expect(failing).rejects.toThrow(StateDictError);
    await expect(failing).rejects.toThrow(
      /model\.safetensors: .*2 of 4 .*missing \(1\): c\.weight \[1\].*wrong shape \(1\): a\.bias/s,
    );
  });

  it('and takes a part, or less, as asked', async () => {
    const prefixed = { ...params };
    await saveCheckpoint(path(), prefixed);
    const { 'a.weight': weight, 'a.bias': bias } = shapesOf(params);
    const expected = { weight: weight!, bias: bias! };
    const part = await loadCheckpoint(path(), { prefix: 'a.', expected });
    expect(values(part.params)).toEqual({ weight: [1, 2, 3, 4], bias: [5, 6] });
    const lenient = await loadCheckpoint(path(), {
      expected: { 'a.weight': weight!, 'a.bias': bias!, 'c.bias': [4] },
      ignoreUnexpected: ['b'],
      ignoreMissing: ['c'],
    });
    expect([lenient.unexpected, lenient.missing]).toEqual([['b.weight'], ['c.bias']]);
    expect(Object.keys(lenient.params)).toEqual(['a.weight', 'a.bias']);
    [part.params, lenient.params].forEach(disposeParams);
  });

  it('under another library’s names, and saves under them', async () => {
    const map = keyMap('theirs', {
      rules: {
        'qkv.*': ['q.*', 'k.*', 'v.*'],
        proj: { transposed: 'projection.weight' },
      },
      drops: ['head.'],
    });
    const ours: Params = {
      'q.weight': tensor2d([1, 2], [1, 2]),
      'k.weight': tensor2d([3, 4], [1, 2]),
      'v.weight': tensor2d([5, 6], [1, 2]),
      'projection.weight': tensor2d([1, 2, 3, 4, 5, 6], [3, 2]),
    };
    await saveCheckpoint(path(), ours, { keyMap: map });
    const theirs = await loadCheckpoint(path());
    expect(values(theirs.params)).toEqual({
      'qkv.weight': [1, 2, 3, 4, 5, 6],
      proj: [1, 3, 5, 2, 4, 6],
    });
    expect(theirs.params['proj']!.shape).toEqual([2, 3]);
    const back = await loadCheckpoint(path(), { keyMap: map, expected: shapesOf(ours) });
    expect(values(back.params)).toEqual(values(ours));
    const lacking = { 'q.weight': ours['q.weight']!, 'v.weight': ours['v.weight']! };
    await expect(saveCheckpoint(path(), lacking, { keyMap: map })).rejects.toThrow(
      /theirs: "qkv\.weight" must be joined from 3 tensors.*q\.weight \[1, 2\], v\.weight/,
    );
    const unknown = loadCheckpoint(path(), { keyMap: keyMap('m', { rules: {} }) });
    await expect(unknown).rejects.toThrow(/unexpected \(2\): proj/);
    [ours, theirs.params, back.params].forEach(disposeParams);
  });
});
