import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectClose, plain, runOn } from '../against-cpu';
import { named } from '../left-out';
import { CATALOGUE } from '.';

/** Functions of one number, and a range inside of their domains. */
const FUNCTIONS = {
  acos: [-1, 1],
  acosh: [1, 9],
  asin: [-1, 1],
  asinh: [-9, 9],
  atan: [-9, 9],
  atanh: [-0.99, 0.99],
  ceil: [-9, 9],
  cos: [-9, 9],
  cosh: [-9, 9],
  erf: [-3, 3],
  exp: [-9, 9],
  expm1: [-3, 3],
  floor: [-9, 9],
  log: [0.01, 9],
  log1p: [-0.9, 9],
  reciprocal: [0.1, 9],
  relu: [-9, 9],
  round: [-9, 9],
  rsqrt: [0.1, 9],
  sigmoid: [-9, 9],
  sign: [-9, 9],
  sin: [-9, 9],
  sinh: [-9, 9],
  softplus: [-9, 9],
  sqrt: [0, 9],
  step: [-9, 9],
  tan: [-1.5, 1.5],
  tanh: [-9, 9],
} as const;
/** Longer than any vector of a processor, and no multiple of one. */
const MANY = 203;

/**
 * Tests that every kernel gives on another backend what it gives on `onnx`.
 * @param reason why the backend cannot be tested here; null if it can.
 */
export function testAsOnOnnx(backend: string, reason: string | null): void {
  describe.skipIf(reason !== null)(named(`every kernel on ${backend}`, reason), () => {
    it.each(CATALOGUE.map((op) => [op.name, op] as const))('%s, as on onnx', async (_, op) => {
      const { program, inputs } = op.call(op.sizes as never);
      const want = await runOn('onnx', program, inputs);
      const got = await runOn(backend, program, inputs);
      want.forEach((result, i) => expectClose(got[i]!, result, {}));
    });

    it('functions of many numbers, as on onnx', async () => {
      const names = Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[];
      const inputs = Object.values(FUNCTIONS).map(([low, high]) =>
        plain(Array.from({ length: MANY }, (_, i) => low + ((high - low) * (i + 0.5)) / MANY)),
      );
      const program = (...xs: tf.Tensor[]): tf.Tensor[] => names.map((name, i) => tf[name](xs[i]!));
      const want = await runOn('onnx', program, inputs);
      const got = await runOn(backend, program, inputs);
      want.forEach((result, i) => expectClose(got[i]!, result, { rtol: 2e-5, atol: 2e-6 }));
    });
  });
}
