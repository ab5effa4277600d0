import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { XlaBackendError } from '../errors';
import { findPlugin as find, type Environment } from './find-plugin';
import { WHEELS, type Platform } from './wheels';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'crossweave-pjrt-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** Without what `engine add` may have put into this package. */
const findPlugin = (platform: Platform, variables: Environment): string =>
  find(platform, variables, null);

/** A Python environment with these packages; only their names are real. */
function environment(name: string, ...packages: readonly string[]): string {
  for (const { name: wheel, library } of WHEELS) {
    if (!packages.includes(wheel)) continue;
    const path = join(folder, name, 'lib/python3.12/site-packages', library);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
}

const gpu = environment('gpu', 'jax-cuda12-pjrt', 'jax-cuda13-pjrt', 'xla-cpu-pjrt');
const plain = environment('plain', 'lammps-jax-pjrt-cpu');
const empty = environment('empty');

describe('findPlugin', () => {
  it('takes the library that is named, whatever else there is', () => {
    const library = join(folder, 'own.so');
    writeFileSync(library, '');
    expect(findPlugin('cuda', { CROSSWEAVE_PJRT: library, VIRTUAL_ENV: gpu })).toBe(library);
  });

  it('takes the first choice of a platform in the environment that is named', () => {
    expect(findPlugin('cuda', { CROSSWEAVE_PJRT: gpu })).toContain('/jax_plugins/xla_cuda13/');
    expect(findPlugin('cpu', { CROSSWEAVE_PJRT: gpu })).toContain('/xla_cpu_pjrt.so');
    const packages = join(plain, 'lib/python3.12/site-packages');
    expect(findPlugin('cpu', { CROSSWEAVE_PJRT: packages })).toContain(packages);
  });

  it('looks into the environment that is activated', () => {
    expect(findPlugin('cpu', { VIRTUAL_ENV: plain })).toContain(plain);
    expect(findPlugin('cpu', { VIRTUAL_ENV: empty, CONDA_PREFIX: plain })).toContain(plain);
  });

  it.each([
    [{}, 'CROSSWEAVE_PJRT is not set, and no Python environment is activated', 'pip install'],
    [
      { VIRTUAL_ENV: empty },
      `is not set, and ${empty}, which is activated, has none`,
      'pip install',
    ],
    [{ CROSSWEAVE_PJRT: empty, VIRTUAL_ENV: plain }, `${empty}, which holds no plugin`, 'Unset'],
    [{ CROSSWEAVE_PJRT: '/nowhere' }, 'names /nowhere, which is not there', 'Unset'],
  ])('says where it looked and what to install: %j', (variables, mention, advice) => {
    try {
      findPlugin('cpu', variables);
      expect.fail('nothing was thrown');
    } catch (error) {
      expect(XlaBackendError.is(error)).toBe(true);
      expect((error as XlaBackendError).code).toBe('plugin');
      expect((error as XlaBackendError).message).toContain(mention);
      expect((error as XlaBackendError).advice).toContain(advice);
      expect((error as XlaBackendError).advice).toContain('npx crossweave engine add xla --cpu');
      expect((error as XlaBackendError).advice).toContain('lammps-jax-pjrt-cpu');
    }
  });
});
