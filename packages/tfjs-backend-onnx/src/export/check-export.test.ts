import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import { OnnxBackendError } from '../errors';
import '../register';
import { checkExport } from './check-export';
import { exportOnnx } from './export-onnx';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

interface Inputs {
  readonly x: tf.Tensor;
}

const double = ({ x }: Inputs) => ({ twice: tf.mul(x, 2), same: x });
const options = { names: { outputs: { same: 'x.again' } } };

it('says how far apart the results are, by output, and leaks nothing', () => {
  const exported = exportOnnx(double, { x: { shape: ['batch', 3] } }, options);
  const x = tf.tensor2d([[1, Number.NaN, Infinity]]);
  const before = tf.memory().numTensors;
  expect(checkExport(exported, double, { x })).toEqual({
    maxDifference: 0,
    outputs: { twice: 0, 'x.again': 0 },
  });
  const near = ({ x: given }: Inputs) => ({ twice: tf.add(tf.mul(given, 2), 1e-3), same: given });
  expect(checkExport(exported, near, { x }, { tolerance: 1e-2 }).outputs['twice']).toBeCloseTo(
    1e-3,
    6,
  );
  expect(tf.memory().numTensors).toBe(before);
});

it('refuses values too far from the function, and shapes that are not its', () => {
  const exported = exportOnnx(double, { x: { shape: ['batch', 3] } }, options);
  const x = tf.tensor2d([[1, 2, 3]]);
  const check = (f: (inputs: Inputs) => ReturnType<typeof double>): (() => unknown) => {
    return () => checkExport(exported, f, { x });
  };
  const far = check(({ x: given }) => ({ twice: tf.mul(given, 2.1), same: given }));
  expect(far).toThrow(OnnxBackendError);
  expect(far).toThrow(/the output 'twice' is 2 at element 0 .* 2\.09/);
  const flat = check(({ x: given }) => ({ twice: tf.sum(given), same: given }));
  expect(flat).toThrow(/'twice' has the shape \[1,3\] in the exported model, in the function \[\]/);
  expect(() => checkExport(exported, double, { y: x } as unknown as Inputs)).toThrow(
    /'x' is missing/,
  );
});

it('reports what ONNX Runtime does not take as an error of its own', () => {
  const exported = exportOnnx(double, { x: { shape: ['batch', 3] } }, options);
  const broken = { ...exported, model: exported.model.slice(0, exported.model.length / 2) };
  const x = tf.zeros([1, 3]);
  try {
    checkExport(broken, double, { x });
    expect.unreachable();
  } catch (error) {
    expect(OnnxBackendError.is(error) && error.code).toBe('runtime');
  }
});
