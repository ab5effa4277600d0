import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { OnnxBackendError } from '../errors';
import '../register';
import { checkExport } from './check-export';
import { exportOnnx } from './export-onnx';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

interface Inputs {
  readonly x: tf.Tensor2D;
}

const spec = { x: { shape: ['batch', 8] } };

/** The rows of x, how many there are being known to JavaScript. */
const rows = ({ x }: Inputs): number => x.shape[0];

const holding: Record<string, (inputs: Inputs) => tf.Tensor> = {
  'whose elements are equal': (i) => tf.concat([i.x, tf.ones([rows(i), 1])], 1),
  'whose elements are equal, large enough to be one operator': (i) =>
    tf.concat([i.x, tf.fill([rows(i), 50], 2.5)], 1),
  'of one integer': (i) => tf.add(tf.cast(i.x, 'int32'), tf.fill([rows(i), 8], 3, 'int32')),
  'that are all true': (i) => tf.where(tf.ones([rows(i), 8], 'bool'), i.x, tf.neg(i.x)),
  'increase by': (i) => tf.mul(i.x, tf.reshape(tf.range(0, rows(i)), [-1, 1])),
  'that count down in threes, as integers': (i) =>
    tf.reshape(tf.range(30, 30 - 3 * rows(i), -3, 'int32'), [rows(i), 1]),
  'of one number that is the size': (i) => tf.div(tf.sum(i.x, 0), rows(i)),
  'of one number that depends on the size': (i) => tf.mul(i.x, rows(i) * rows(i) - 1),
  'of a fixed size': (i) => tf.mul(i.x, tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 9])),
};

describe('arrays made in the function', () => {
  it.each(Object.keys(holding))('%s', (name) => {
    const f = holding[name] as (inputs: Inputs) => tf.Tensor;
    const exported = exportOnnx(f, spec);
    for (const size of [1, 4, 40]) {
      const x = tf.randomNormal<tf.Rank.R2>([size, 8], 0, 1, 'float32', size);
      expect(checkExport(exported, f, { x }).maxDifference, `${size} rows`).toBeLessThan(1e-5);
    }
  });
});

function errorOf(f: (inputs: Inputs) => tf.Tensor): OnnxBackendError {
  try {
    exportOnnx(f, spec);
  } catch (error) {
    if (OnnxBackendError.is(error)) return error;
    throw error;
  }
  throw new Error('exported');
}

describe('arrays that no operator can make at every size', () => {
  it.each([
    ['identity matrices', (i: Inputs) => tf.matMul(tf.eye(rows(i)), i.x), 'MatMul', /\[5,5\] here/],
    [
      'squares',
      (i: Inputs) =>
        tf.mul(
          i.x,
          tf.tensor(
            Array.from({ length: rows(i) }, (_, k) => k * k),
            [rows(i), 1],
          ),
        ),
      'Mul',
      /depends on a dynamic one: \[5,1\] here, \[13,1\] there/,
    ],
    [
      'random values',
      (i: Inputs) => tf.add(i.x, tf.randomNormal([8])),
      'Add',
      /not the same in each/,
    ],
    ['inverse sizes', (i: Inputs) => tf.mul(i.x, 1 / rows(i)), 'Mul', /Divide by a size/],
  ] as const)('%s', (_, f, op, message) => {
    const error = errorOf(f);
    expect([error.code, error.op]).toEqual(['export', op]);
    expect(error.message).toMatch(message);
  });
});
