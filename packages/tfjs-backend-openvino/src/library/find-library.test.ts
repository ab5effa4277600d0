import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OpenvinoBackendError } from '../errors';
import { findLibrary } from './find-library';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'crossweave-openvino-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder with an empty file; only the names are real. */
function place(path: string, file: string): string {
  const inside = join(folder, path);
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(inside, file), '');
  return join(inside, file);
}

const wheel = place('env/lib/python3.12/site-packages/openvino/libs', 'libopenvino_c.so.2641');
const mac = place('mac/lib/python3.13/site-packages/openvino/libs', 'libopenvino_c.2641.dylib');
const archive = place('archive', 'libopenvino_c.so');
const env = join(folder, 'env');
const empty = join(folder, 'empty');
mkdirSync(empty);
place('empty/lib/python3.12/site-packages/openvino/libs', 'libopenvino.so.2641');

describe('findLibrary', () => {
  it('takes the file that is named, whatever else there is', () => {
    expect(findLibrary({ CROSSWEAVE_OPENVINO: archive, VIRTUAL_ENV: env })).toBe(archive);
  });

  it('looks into the environment or the folder that is named', () => {
    expect(findLibrary({ CROSSWEAVE_OPENVINO: env })).toBe(wheel);
    expect(findLibrary({ CROSSWEAVE_OPENVINO: join(folder, 'mac') })).toBe(mac);
    expect(findLibrary({ CROSSWEAVE_OPENVINO: join(folder, 'archive') })).toBe(archive);
    const packages = join(env, 'lib/python3.12/site-packages');
    expect(findLibrary({ CROSSWEAVE_OPENVINO: packages })).toBe(wheel);
  });

  it('looks into the environment that is activated', () => {
    expect(findLibrary({ VIRTUAL_ENV: env }, null)).toBe(wheel);
    expect(findLibrary({ VIRTUAL_ENV: empty, CONDA_PREFIX: env }, null)).toBe(wheel);
  });

  it('prefers the library that was provisioned to an activated environment', () => {
    const own = join(folder, 'package');
    const library = place('package/library', 'libopenvino_c.so.2641');
    expect(findLibrary({ VIRTUAL_ENV: env }, own)).toBe(library);
    expect(findLibrary({ CROSSWEAVE_OPENVINO: archive }, own)).toBe(archive);
    expect(findLibrary({ VIRTUAL_ENV: env }, empty)).toBe(wheel);
  });

  it.each([
    [{}, 'CROSSWEAVE_OPENVINO is not set; searched: no Python environment is activated'],
    [{ VIRTUAL_ENV: empty }, `CROSSWEAVE_OPENVINO is not set; searched: ${empty}`],
    [
      { CROSSWEAVE_OPENVINO: empty, VIRTUAL_ENV: env },
      `names ${empty}, which has no libopenvino_c`,
    ],
    [{ CROSSWEAVE_OPENVINO: '/nowhere' }, 'names /nowhere, which does not exist'],
  ])('says where it looked and what to install: %j', (variables, mention) => {
    try {
      findLibrary(variables, null);
      expect.fail('nothing was thrown');
    } catch (error) {
      expect(OpenvinoBackendError.is(error)).toBe(true);
      expect((error as OpenvinoBackendError).code).toBe('library');
      expect((error as OpenvinoBackendError).message).toContain(mention);
      expect((error as OpenvinoBackendError).message).toContain('pip install --no-deps openvino');
    }
  });
});
