import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type * as Package from './index';

/*
 * A bundler that minifies gives classes other names: nothing may depend on them.
 */

const cache = join(import.meta.dirname, '../node_modules/.cache');
let folder: string;
let minified: typeof Package;

beforeAll(async () => {
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'minified-'));
  const outfile = join(folder, 'index.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    external: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'onnxruntime-node'],
    logLevel: 'error',
  });
  minified = (await import(pathToFileURL(outfile).href)) as typeof Package;
  await tf.setBackend(minified.registerOnnxBackend());
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function thrownBy(f: () => unknown): Error {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

it('has classes of other names', () => {
  expect(minified.OnnxBackendError.name).not.toBe('OnnxBackendError');
});

it('throws errors of the same name and marker', () => {
  const error = thrownBy(() => minified.createOnnxBackend({ threads: 0 }));
  expect(error.name).toBe('OnnxBackendError');
  expect(String(error)).toMatch(/^OnnxBackendError: createOnnxBackend: threads must be/);
  expect(minified.OnnxBackendError.is(error)).toBe(true);
});

it('computes, compiles and exports', () => {
  const f = ({ x }: { x: tf.Tensor }) => ({ y: tf.softmax(tf.mul(x, 2)) });
  const compiled = minified.jit(f);
  const x = tf.tensor2d([[1, 2, 3]]);
  const want = [...f({ x }).y.dataSync()];
  expect([...compiled({ x }).y.dataSync()]).toEqual(want);
  const exported = minified.exportOnnx(f, { x: { shape: ['batch', 3] } });
  expect(minified.checkExport(exported, f, { x }).maxDifference).toBeLessThan(1e-6);
});
