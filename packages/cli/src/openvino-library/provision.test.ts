import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, FileFormatError } from '@crossweave/core';
import { findLibrary } from '@crossweave/tfjs-backend-openvino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeZip } from '../tensorflow-library/zip.testing';
import { openvinoPackage, provisionOpenvino, removeOpenvino } from './provision';

let folder = '';
let wheel = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-openvino-'));
  wheel = join(folder, 'openvino-2026.9.9-1-cp312-cp312-manylinux_2_28_x86_64.whl');
  await writeZip(wheel, {
    'openvino/libs/libopenvino_c.so.2699': 'c',
    'openvino/libs/libopenvino.so.2699': 'core',
    'openvino/libs/libopenvino_intel_cpu_plugin.so': 'cpu',
    'openvino/libs/libopenvino_intel_gpu_plugin.so': 'gpu',
    'openvino/libs/libtbb.so.12': 'tbb',
    'openvino/torch/__init__.py': '',
    'openvino-2026.9.9.dist-info/licenses/LICENSE': 'Apache',
  });
});
afterEach(() => rm(folder, { recursive: true }));

const options = (from: string, force = false) => ({
  ...{ folder, from, force },
  say: () => undefined,
  signal: new AbortController().signal,
});

describe('provisionOpenvino', () => {
  it('puts what the CPU needs where the package finds it, and takes it away again', async () => {
    const first = await provisionOpenvino(options(wheel));
    expect(first).toMatchObject({ source: wheel, changed: true });
    const library = join(folder, 'library');
    expect((await readdir(library)).sort()).toEqual([
      ...['crossweave.json', 'libopenvino.so.2699', 'libopenvino_c.so.2699'],
      ...['libopenvino_intel_cpu_plugin.so', 'libtbb.so.12', 'openvino-2026.9.9.dist-info'],
    ]);
    await access(join(library, 'openvino-2026.9.9.dist-info/licenses/LICENSE'));
    expect(JSON.parse(await readFile(join(library, 'crossweave.json'), 'utf8'))).toEqual({
      source: wheel,
      sha256: first.sha256,
    });
    expect(findLibrary({}, folder)).toBe(join(library, 'libopenvino_c.so.2699'));
    expect(await provisionOpenvino(options(wheel))).toMatchObject({ changed: false });
    expect(await provisionOpenvino(options(wheel, true))).toMatchObject({ changed: true });
    expect((await readdir(folder)).sort()).toEqual(['library', wheel.slice(folder.length + 1)]);
    expect(await removeOpenvino(folder)).toBe(true);
    expect(await removeOpenvino(folder)).toBe(false);
  });

  it('refuses what is no wheel of OpenVINO, and leaves the package as it was', async () => {
    const other = join(folder, 'other.whl');
    await writeZip(other, { 'other/__init__.py': '' });
    await expect(provisionOpenvino(options(other))).rejects.toThrow(FileFormatError);
    await expect(provisionOpenvino(options(join(folder, 'none.whl')))).rejects.toThrow(EngineError);
    expect((await readdir(folder)).sort()).toEqual(
      ['other.whl', wheel.slice(folder.length + 1)].sort((a, b) => (a < b ? -1 : 1)),
    );
  });
});

it('finds the package that the engines use, from anywhere', () => {
  expect(openvinoPackage('/nowhere')).toMatch(/tfjs-backend-openvino$/);
});
