import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, EngineError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../interrupted';
import type { AddonPackage } from './addon-package';
import { provision, removeProvision, type ProvisionOptions } from './provision';

let addon: AddonPackage;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-provision-'));
  const bindingFolder = join(folder, 'lib/napi-v8');
  addon = { name: 'tfjs-node', version: '4.22.0', folder, bindingFolder, napi: 8 };
  await writeFile(join(folder, 'package.json'), '{}');
});
afterEach(() => rm(addon.folder, { recursive: true }));

async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    const path = join(addon.folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '{}');
  }
}

const options = (changes: Partial<ProvisionOptions> = {}): ProvisionOptions => ({
  addon,
  gpu: false,
  tensorflow: '2.21.0',
  force: false,
  say: () => undefined,
  signal: new AbortController().signal,
  ...changes,
});

describe('provision', () => {
  it('leaves the package as it was when there is no library, and clears after killed runs', async () => {
    const empty = await mkdtemp(join(addon.folder, 'empty-'));
    // No process has this number: it is above what Linux gives.
    await put('.crossweave-2147483647/build/half', 'deps/lib/old', 'lib/napi-v8/tfjs_binding.node');
    for (const from of [empty, join(addon.folder, 'nowhere.whl')]) {
      await expect(provision(options({ from }))).rejects.toThrow(EngineError);
    }
    await rm(empty, { recursive: true });
    const left = process.platform === 'linux' ? [] : ['.crossweave-2147483647'];
    expect((await readdir(addon.folder)).sort()).toEqual([...left, 'deps', 'lib', 'package.json']);
    expect(await readdir(join(addon.folder, 'deps/lib'))).toEqual(['old']);
    expect(await readdir(addon.bindingFolder)).toEqual(['tfjs_binding.node']);
  });

  it('says that what is there does not load before it builds anew', async () => {
    await put('lib/napi-v8/tfjs_binding.node', 'deps/crossweave.json');
    await writeFile(
      join(addon.folder, 'deps/crossweave.json'),
      JSON.stringify({ tensorflow: '2.9.1', source: '/nowhere', cuda: [] }),
    );
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    await expect(provision(options({ from: '/nowhere', say }))).rejects.toThrow(EngineError);
    const expected = process.platform === 'linux' ? [expect.stringContaining('does not load')] : [];
    expect(said).toEqual(expected);
  });

  it('stops when interrupted, with nothing left behind', async () => {
    const interruption = new AbortController();
    interruption.abort();
    const outcome = provision(options({ signal: interruption.signal }));
    await expect(outcome).rejects.toThrow(process.platform === 'linux' ? Interrupted : EngineError);
    expect(await readdir(addon.folder)).toEqual(['package.json']);
  });
});

describe('removeProvision', () => {
  it('removes what was put there, and tells when there is nothing', async () => {
    await put('deps/crossweave.json', 'deps/lib/libtensorflow.so', 'lib/napi-v8/tfjs_binding.node');
    expect(await removeProvision(addon)).toBe(true);
    expect(await readdir(addon.folder)).toEqual(['package.json']);
    expect(await removeProvision(addon)).toBe(false);
  });

  it('keeps a library that came from elsewhere', async () => {
    await put('deps/lib/libtensorflow.so', 'lib/napi-v8/tfjs_binding.node');
    await expect(removeProvision(addon)).rejects.toThrow(ConfigError);
    expect(await readdir(addon.bindingFolder)).toEqual(['tfjs_binding.node']);
  });
});
