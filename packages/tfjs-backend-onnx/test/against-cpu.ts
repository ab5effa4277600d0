import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Result, Tolerance } from './compare';
import { difference } from './compare';

export type { Result, Tolerance } from './compare';

/** A tensor as plain data, so that each backend makes its own. */
export interface Plain {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

let state = 1;
/** Reproducible numbers in (-1, 1): Park and Miller's generator. */
function next(): number {
  state = (state * 48_271) % 2_147_483_647;
  return (2 * state) / 2_147_483_647 - 1;
}

export function floats(shape: readonly number[], scale = 2, offset = 0): Plain {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, () => next() * scale + offset);
  return { values, shape, dtype: 'float32' };
}

export function integers(shape: readonly number[], low = -9, high = 9): Plain {
  const { values } = floats(shape, 0.5, 0.5);
  return {
    values: values.map((v) => low + Math.floor(v * (high - low + 1))),
    shape,
    dtype: 'int32',
  };
}

export function booleans(shape: readonly number[]): Plain {
  return { ...integers(shape, 0, 1), dtype: 'bool' };
}

export function plain(
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: Plain['dtype'] = 'float32',
): Plain {
  return { values, shape, dtype };
}

type Program = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

export const describeTensor = (t: tf.Tensor): Result => ({
  values: [...t.dataSync()],
  shape: t.shape,
  dtype: t.dtype,
});

/** The inputs as tensors of the current backend. */
export const tensorsOf = (inputs: readonly Plain[]): tf.Tensor[] =>
  inputs.map((p) => tf.tensor([...p.values], [...p.shape], p.dtype));

/** Runs a program on one backend and checks that nothing of it stays behind. */
export async function runOn(
  backend: string,
  program: Program,
  inputs: readonly Plain[],
): Promise<Result[]> {
  await tf.setBackend(backend);
  const before = tf.engine().backend.numDataIds();
  const results: Result[] = [];
  tf.tidy(() => {
    const out = program(...tensorsOf(inputs));
    results.push(...(Array.isArray(out) ? out : [out]).map(describeTensor));
  });
  expect(tf.engine().backend.numDataIds(), `data ids left on ${backend}`).toBe(before);
  return results;
}

/** Fails unless shape, type and every value agree; see `difference`. */
export function expectClose(got: Result, want: Result, tolerance: Tolerance): void {
  const found = difference(got, want, tolerance);
  if (found !== null) expect.fail(found);
}

/** The program gives the same on this backend as on tfjs's cpu backend. */
export async function expectLikeCpu(
  program: Program,
  inputs: readonly Plain[],
  tolerance: Tolerance = {},
): Promise<void> {
  const want = await runOn('cpu', program, inputs);
  const got = await runOn('onnx', program, inputs);
  expect(got.length).toBe(want.length);
  want.forEach((result, i) => expectClose(got[i] as Result, result, tolerance));
}

/** So do its gradients for every input, under an upstream gradient that is not constant. */
export async function expectGradientLikeCpu(
  program: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly Plain[],
  tolerance: Tolerance = {},
): Promise<void> {
  const gradients: Program = (...tensors) =>
    tf.grads((...xs: tf.Tensor[]) => {
      const y = program(...xs);
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1));
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    })(tensors);
  await expectLikeCpu(gradients, inputs, tolerance);
}
