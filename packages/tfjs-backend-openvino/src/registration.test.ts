import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutLibrary } from '../test/library';
import {
  backendName,
  createOpenvinoBackend,
  findLibrary,
  OpenvinoBackendError,
  registerOpenvinoBackend,
} from '.';

const reason = withoutLibrary();
const folder = mkdtempSync(join(tmpdir(), 'crossweave-openvino-'));
afterAll(() => rmSync(folder, { recursive: true }));

function refusalOf(options: object | null): OpenvinoBackendError {
  try {
    createOpenvinoBackend(options as never);
  } catch (error) {
    if (OpenvinoBackendError.is(error)) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

describe('createOpenvinoBackend', () => {
  it.each([
    [{ 'no such option': 1 }, /there is no option "no such option"; expected one of precision, /],
    [{ precision: 'int4' }, /precision must be "float32" \| "bf16"; got "int4"/],
    [{ library: '' }, /library must be the path of OpenVINO's C library; got ""/],
    [{ threads: 0 }, /threads must be a whole number of at least 1 and at most 1024; got 0/],
    [{ threads: 1025 }, /threads must be .*; got 1025/],
    [{ cacheSize: 0 }, /cacheSize must be a whole number of at least 1; got 0/],
    [{ maxPending: 1.5 }, /maxPending must be a whole number of at least 1; got 1\.5/],
    [{ maxSessionBytes: -1 }, /maxSessionBytes must be a whole number of at least 0; got -1/],
    [{ maxPooledBytes: NaN }, /maxPooledBytes must be a whole number of at least 0; got NaN/],
    [null, /the options must be an object; got null/],
    [[], /the options must be an object; got a list of 0/],
  ])('refuses %j', (options, message) => {
    const error = refusalOf(options);
    expect(error.code).toBe('options');
    expect(error.message).toMatch(message);
  });

  it('refuses a file that is no library, and the process goes on', () => {
    const path = join(folder, 'libopenvino_c.so');
    writeFileSync(path, 'no library');
    const error = refusalOf({ library: path });
    expect(error.code).toBe('library');
    expect(error.message).toMatch(
      /^OpenVINO's library .*libopenvino_c\.so does not load: .*Expected/,
    );
    expect(refusalOf({ library: '/nowhere/libopenvino_c.so' }).message).toContain('does not load');
  });
});

describe('registerOpenvinoBackend', () => {
  it('names the backend after its precision, and looks for the library when it is used', () => {
    const options = { library: join(folder, 'none.so'), precision: 'bf16' as const };
    // Other files of tests have registered it.
    if ((tf.findBackendFactory(backendName('bf16')) as unknown) !== null) {
      tf.removeBackend(backendName('bf16'));
    }
    expect(registerOpenvinoBackend(options)).toBe('onnx:openvino-bf16');
    expect(backendName()).toBe('onnx:openvino');
    expect(() => tf.findBackendFactory('onnx:openvino-bf16')()).toThrow('does not load');
    tf.removeBackend('onnx:openvino-bf16');
    registerOpenvinoBackend({ precision: 'bf16' });
  });
});

describe.skipIf(reason !== null)(named('the library', reason), () => {
  it('may be used by several backends, each with memory of its own', () => {
    const first = createOpenvinoBackend({ library: findLibrary(), threads: 1 });
    const second = createOpenvinoBackend();
    const held = first.kernels.literal(Float32Array.of(1, 2), [2], 'float32');
    expect([...(first.readSync(held.dataId) as Float32Array)]).toEqual([1, 2]);
    first.dispose();
    second.dispose();
  });

  it('computes on after an error', () => {
    const backend = createOpenvinoBackend();
    expect(() => backend.graph.read(backend.graph.valueOf(badProduct(backend)))).toThrow(
      /OpenVINO failed while (reading|compiling) a graph/,
    );
    backend.dispose();
  });
});

/** A product of matrices that do not fit, which no kernel records. */
function badProduct(backend: ReturnType<typeof createOpenvinoBackend>) {
  const { graph } = backend;
  const matrix = graph.write(new Float32Array(6), [2, 3], 'float32');
  const value = graph.recording.op('MatMul', [matrix.node, matrix.node], [2, 3], 'float32');
  graph.values.hold(graph.valueOf(value));
  return value;
}
