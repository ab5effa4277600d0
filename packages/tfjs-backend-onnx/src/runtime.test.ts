import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { stopsCopies } from './ort/run-into';
import { loadRuntime, runtimeFolder } from './runtime';
import './register';

const load = createRequire(import.meta.url);
const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
/** The version that every test below was written against. */
const VERSION = '1.30.0';

it('loads the native library once', () => {
  const runtime = loadRuntime();
  expect(loadRuntime()).toBe(runtime);
  expect(new runtime.Tensor('float32', Float32Array.of(1, 2), [2]).data).toEqual(
    Float32Array.of(1, 2),
  );
});

it.each([
  ['is absent', undefined, '../onnxruntime'],
  ['is of another release', '1.31.0', '../onnxruntime'],
  ['is of the same release', '1.30.0', 'onnxruntime-node'],
])(
  'takes the right copy where the own onnxruntime-node of a program %s',
  (_, version, expected) => {
    const load = (name: string): unknown => {
      if (name === 'onnxruntime-common') return { env: { versions: { common: '1.30.0' } } };
      if (version === undefined) throw new Error(`Cannot find module '${name}'`);
      return { version };
    };
    expect(runtimeFolder(load as NodeJS.Require)).toBe(expected);
  },
);

/**
 * The backend relies on what is not onnxruntime-node's public API. After a change of version, each
 * failure here names what no longer holds, and the file to mend; then set VERSION and the catalog.
 */
describe(`onnxruntime-node ${VERSION}`, () => {
  const { Session, Tensor } = loadRuntime();
  const failure = (make: () => tf.Tensor): string => {
    try {
      tf.tidy(() => make().dataSync());
      return 'nothing failed';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('is the version that is pinned and installed', () => {
    const manifest = load('onnxruntime-node/package.json') as { version: string };
    expect(manifest.version).toBe(VERSION);
    expect(read('../../../pnpm-workspace.yaml')).toContain(`\n  onnxruntime-node: ${VERSION}\n`);
    expect(read('../package.json')).toContain('"onnxruntime-node": "catalog:"');
  });

  it('has its binding in dist/binding.js, with sessions that run synchronously (runtime.ts)', () => {
    const native = load('onnxruntime-node/dist/binding.js') as Record<string, unknown>;
    expect(typeof native['initOrt']).toBe('function');
    const session = new Session();
    for (const method of ['loadModel', 'run', 'dispose', 'endProfiling'] as const) {
      expect(typeof session[method], method).toBe('function');
    }
    expect(typeof Tensor.fromGpuBuffer).toBe('function');
  });

  it('gives up on an output that no array can hold, after computing all (run-into.ts)', () => {
    expect(stopsCopies()).toBe(true);
  });

  it('names the operator that failed, and an index out of range (errors.ts)', async () => {
    await tf.setBackend('onnx');
    const message = failure(() =>
      tf.gather(tf.tensor1d([1, 2]), tf.neg(tf.tensor1d([1], 'int32'))),
    );
    expect(message).toMatch(/failed in Gather while computing .* an index is out of range/);
    const places = (): tf.Tensor2D => tf.neg(tf.tensor2d([[1]], [1, 1], 'int32'));
    expect(failure(() => tf.gatherND(tf.tensor1d([1, 2]), places()))).toMatch(
      /in GatherND .*range/,
    );
    const two = tf.tensor1d([1, 2]);
    const update = (): tf.Tensor => tf.tensorScatterUpdate(two, places(), tf.tensor1d([3]));
    expect(failure(update)).toMatch(/in ScatterND .*range/);
    expect(failure(() => tf.scatterND(places(), tf.tensor1d([3]), [2]))).toMatch(
      /in ScatterElements .*range/,
    );
  });
});
