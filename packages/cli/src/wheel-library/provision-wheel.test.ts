import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, FileFormatError } from '@crossweave/core';
import { findLibrary } from '@crossweave/tfjs-backend-openvino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeZip } from '../tensorflow-library/zip.testing';
import { findPlugin } from '@crossweave/tfjs-backend-xla';
import { openvinoLibrary, openvinoPackage } from './openvino';
import { installedPackage, provisionWheel, removeWheel } from './provision-wheel';
import { xlaLibrary, xlaPlatforms } from './xla';

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

describe('provisionWheel', () => {
  it('puts what the CPU needs where the package finds it, and takes it away again', async () => {
    const first = await provisionWheel(openvinoLibrary, options(wheel));
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
    expect(await provisionWheel(openvinoLibrary, options(wheel))).toMatchObject({ changed: false });
    expect(await provisionWheel(openvinoLibrary, options(wheel, true))).toMatchObject({
      changed: true,
    });
    expect((await readdir(folder)).sort()).toEqual(['library', wheel.slice(folder.length + 1)]);
    expect(await removeWheel(openvinoLibrary, folder)).toBe(true);
    expect(await removeWheel(openvinoLibrary, folder)).toBe(false);
  });

  it('refuses what is no wheel of OpenVINO, and leaves the package as it was', async () => {
    const other = join(folder, 'other.whl');
    await writeZip(other, { 'other/__init__.py': '' });
    await expect(provisionWheel(openvinoLibrary, options(other))).rejects.toThrow(FileFormatError);
    await expect(
      provisionWheel(openvinoLibrary, options(join(folder, 'none.whl'))),
    ).rejects.toThrow(EngineError);
    expect((await readdir(folder)).sort()).toEqual(
      ['other.whl', wheel.slice(folder.length + 1)].sort((a, b) => (a < b ? -1 : 1)),
    );
  });
});

it('puts a plugin of XLA where its package finds it', async () => {
  const plugin = join(folder, 'lammps_jax_pjrt_cpu-9.9.9-py3-none-manylinux_2_27_x86_64.whl');
  await writeZip(plugin, {
    'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so': 'plugin',
    'lammps_jax_pjrt_cpu-9.9.9.dist-info/METADATA': 'Name: lammps-jax-pjrt-cpu',
  });
  const library = xlaLibrary('cpu');
  expect(await provisionWheel(library, options(plugin))).toMatchObject({ changed: true });
  expect(findPlugin('cpu', {}, folder)).toBe(join(folder, 'plugins/cpu', library.library));
  expect(() => findPlugin('cuda', {}, folder)).toThrow('There is no PJRT plugin for cuda');
  await expect(provisionWheel(xlaLibrary('cuda'), options(plugin))).rejects.toThrow(
    'the wheel has no library of PJRT for cuda',
  );
  expect(await removeWheel(library, folder)).toBe(true);
  expect(() => findPlugin('cpu', {}, folder)).toThrow('engine add xla --cpu');
});

it('has a pinned wheel for each platform, each with a command of its own', () => {
  const plans = xlaPlatforms.map((platform) => {
    const { requirement, sha256, target, command, needs } = xlaLibrary(platform);
    expect(sha256).toMatch(/^[\da-f]{64}$/);
    expect(needs !== undefined).toBe(platform === 'cuda' || platform === 'rocm');
    return [requirement, target, command.split(' ').at(-1)];
  });
  expect(plans).toEqual([
    ['lammps-jax-pjrt-cpu==0.11.2', 'plugins/cpu', '--cpu'],
    ['jax-cuda13-pjrt==0.11.2', 'plugins/cuda', '--cuda'],
    ['jax-rocm7-pjrt==0.12.0', 'plugins/rocm', '--rocm'],
    ['libtpu==0.0.52', 'plugins/tpu', '--tpu'],
  ]);
});

it('finds the package that the engines use, from anywhere', () => {
  expect(installedPackage(openvinoPackage, '/nowhere')).toMatch(/tfjs-backend-openvino$/);
  expect(() => installedPackage('@crossweave/none', '/nowhere')).toThrow('is not installed');
});
