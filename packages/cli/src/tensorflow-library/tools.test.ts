import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { EngineError } from '@crossweave/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTools } from './tools';

let folder = '';
const never = new AbortController().signal;

/** A machine whose programs all answer. */
async function program(name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, '#!/bin/sh\necho 1.0\n');
  await chmod(path, 0o755);
  return path;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'crossweave-tools-')));
  for (const name of ['python3', 'make', 'g++', 'node-gyp']) await program(name);
  await mkdir(join(folder, 'headers/include/node'), { recursive: true });
  await writeFile(join(folder, 'headers/include/node/node_api.h'), '');
});
afterAll(() => rm(folder, { recursive: true }));

const machine = (changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: folder,
  npm_config_nodedir: join(folder, 'headers'),
  npm_config_node_gyp: join(folder, 'node-gyp'),
  ...changes,
});

describe('findTools', () => {
  it('finds what the environment names', async () => {
    expect(await findTools(never, machine())).toEqual({
      python: 'python3',
      nodeGyp: join(folder, 'node-gyp'),
      nodedir: join(folder, 'headers'),
    });
    const python = await program('my-python');
    expect(await findTools(never, machine({ PYTHON: python }))).toMatchObject({ python });
    const near = relative(process.cwd(), python);
    expect(await findTools(never, machine({ PYTHON: near }))).toMatchObject({ python });
  });

  it.each([
    [{ PATH: '/nowhere' }, /there is no Python.*got python3, python\..*PYTHON=/],
    [{ CXX: 'no-compiler' }, /no-compiler: looking for the compiler failed.*build-essential/],
  ])('names what is missing: %o', async (changes, message) => {
    const finding = findTools(never, machine(changes));
    await expect(finding).rejects.toThrow(EngineError);
    await expect(finding).rejects.toThrow(message);
  });
});
