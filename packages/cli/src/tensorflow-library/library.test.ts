import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EngineError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLibrary, placeLibrary } from './library';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-library-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function touch(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), name);
  }
}

const wheel = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
  'tensorflow/include/tensorflow/c/c_api.h',
];

describe('findLibrary', () => {
  it('finds that of a wheel', async () => {
    await touch(...wheel, 'tensorflow/libother.so');
    expect(await findLibrary(folder)).toEqual({
      folder: join(folder, 'tensorflow'),
      files: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
      main: 'libtensorflow_cc.so.2',
      framework: 'libtensorflow_framework.so.2',
      include: join(folder, 'tensorflow/include'),
    });
    expect(await findLibrary(join(folder, 'tensorflow'))).toMatchObject({
      main: 'libtensorflow_cc.so.2',
    });
  });

  it('finds that of a libtensorflow archive', async () => {
    await touch(
      ...['lib/libtensorflow.so.2.9.1', 'lib/libtensorflow_framework.so.2.9.1'],
      'include/tensorflow/c/c_api.h',
    );
    expect(await findLibrary(folder)).toMatchObject({
      folder: join(folder, 'lib'),
      main: 'libtensorflow.so.2.9.1',
      include: join(folder, 'include'),
    });
  });

  it('tells a folder without the library, and a library without headers', async () => {
    await touch('tensorflow/python/_pywrap_tensorflow_internal.so');
    await expect(findLibrary(folder)).rejects.toThrow(EngineError);
    await expect(findLibrary(folder)).rejects.toThrow(/libtensorflow_cc\.so\.2.*got tensorflow\./);
    await touch(...wheel.slice(0, 2));
    await expect(findLibrary(folder)).rejects.toThrow(/headers are not there.*c_api\.h/);
  });
});

describe('placeLibrary', () => {
  it('adds the names the linker asks for', async () => {
    await touch(...wheel);
    const lib = join(folder, 'deps/lib');
    await placeLibrary(await findLibrary(folder), lib);
    expect(await readlink(join(lib, 'libtensorflow.so'))).toBe('libtensorflow_cc.so.2');
    expect(await readlink(join(lib, 'libtensorflow_framework.so'))).toBe(
      'libtensorflow_framework.so.2',
    );
    expect(await readFile(join(lib, 'libtensorflow.so'), 'utf8')).toBe(wheel[0]);
  });

  it('keeps the links of an archive as they are', async () => {
    await touch(
      ...['lib/libtensorflow.so.2', 'lib/libtensorflow_framework.so.2'],
      'include/tensorflow/c/c_api.h',
    );
    await symlink('libtensorflow.so.2', join(folder, 'lib/libtensorflow.so'));
    const lib = join(folder, 'deps/lib');
    await placeLibrary(await findLibrary(folder), lib);
    expect(await readlink(join(lib, 'libtensorflow.so'))).toBe('libtensorflow.so.2');
  });
});
