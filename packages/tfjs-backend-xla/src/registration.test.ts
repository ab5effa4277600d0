import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../test/plugin';
import { backendName, createXlaBackend, findPlugin, registerXlaBackend, XlaBackendError } from '.';

const reason = withoutPlugin();
const folder = mkdtempSync(join(tmpdir(), 'crossweave-xla-'));
afterAll(() => rmSync(folder, { recursive: true }));

function refusalOf(options: object | null): XlaBackendError {
  try {
    createXlaBackend(options as never);
  } catch (error) {
    if (XlaBackendError.is(error)) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

describe('createXlaBackend', () => {
  it.each([
    [{ 'no such option': 1 }, /there is no option "no such option"; expected one of platform, /],
    [{ platform: 'abacus' }, /platform must be "cpu" | "cuda" | "rocm" | "tpu"; got "abacus"/],
    [{ platform: 3 }, /platform must be .*; got 3/],
    [{ plugin: '' }, /plugin must be the path of a plugin's library; got ""/],
    [{ cacheSize: 0 }, /cacheSize must be a whole number of at least 1; got 0/],
    [{ maxPending: 1.5 }, /maxPending must be a whole number of at least 1; got 1\.5/],
    [{ maxSessionBytes: -1 }, /maxSessionBytes must be a whole number of at least 0; got -1/],
    [null, /the options must be an object; got null/],
    [[], /the options must be an object; got a list of 0/],
  ])('refuses %j', (options, message) => {
    const error = refusalOf(options);
    expect(error.code).toBe('options');
    expect(error.message).toMatch(message);
  });

  it('refuses what is no plugin, and the process goes on', () => {
    const path = join(folder, 'plugin.so');
    writeFileSync(path, 'no library');
    const error = refusalOf({ plugin: path });
    expect(error.code).toBe('plugin');
    expect(error.message).toMatch(
      /^The PJRT plugin .*plugin\.so does not load: .*file too short.* Expected the/,
    );
    const nowhere = refusalOf({ plugin: '/nowhere/plugin.so' });
    expect(nowhere.message).toMatch(/ does not load: .*No such file or directory\. Expected/);
    expect(nowhere.message).toBe(`${nowhere.summary} ${nowhere.advice}`);
  });
});

describe('registerXlaBackend', () => {
  it('names the backend after its platform, and asks for a plugin when it is used', () => {
    const nothing = { plugin: join(folder, 'none.so'), platform: 'tpu' as const };
    expect(registerXlaBackend(nothing)).toBe('xla:tpu');
    expect(backendName()).toBe('xla:cpu');
    expect(() => tf.findBackendFactory('xla:tpu')()).toThrow('does not load');
    tf.removeBackend('xla:tpu');
  });
});

describe.skipIf(reason !== null)(named('a plugin', reason), () => {
  it('is for one platform', () => {
    const error = refusalOf({ platform: 'cuda', plugin: findPlugin('cpu') });
    expect(error.code).toBe('plugin');
    expect(error.message).toMatch(
      / is for cpu; expected one for cuda\. Unset CROSSWEAVE_PJRT .*engine add xla --cuda/,
    );
  });

  it('may be used by several backends, each of its own memory', () => {
    const first = createXlaBackend();
    const second = createXlaBackend();
    const held = first.kernels.literal(Float32Array.of(1, 2), [2], 'float32');
    expect([...(first.readSync(held.dataId) as Float32Array)]).toEqual([1, 2]);
    first.dispose();
    second.dispose();
  });
});
