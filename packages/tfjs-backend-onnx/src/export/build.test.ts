import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import { backend } from '../../test/train';
import type { OnnxBackendError } from '../errors';
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

function refuse(f: (inputs: Inputs) => unknown): OnnxBackendError {
  try {
    exportOnnx(f as (inputs: Inputs) => tf.Tensor, spec);
  } catch (error) {
    return error as OnnxBackendError;
  }
  throw new Error('exported');
}

it('traces at other sizes where the function has one of its own', () => {
  const f = ({ x }: Inputs): tf.Tensor => (x.shape[0] === 7 ? tf.neg(x) : tf.mul(x, -1));
  const exported = exportOnnx(f, spec);
  expect(exported.tracedAt).toEqual({ batch: [6, 10, 11, 15] });
  const x = tf.randomNormal<tf.Rank.R2>([7, 8], 0, 1, 'float32', 2);
  expect(checkExport(exported, f, { x }).maxDifference).toBe(0);
});

it('exports a function that cuts large batches, and refuses one that cuts small ones', () => {
  const chunked =
    (chunk: number) =>
    ({ x }: Inputs): tf.Tensor => {
      const starts = Array.from({ length: Math.ceil(x.shape[0] / chunk) }, (_, i) => i * chunk);
      const parts = starts.map((at) =>
        tf.neg(tf.slice(x, [at, 0], [Math.min(chunk, x.shape[0] - at), 8])),
      );
      return tf.concat(parts, 0);
    };
  const exported = exportOnnx(chunked(32), spec);
  expect(exported.tracedAt).toEqual({ batch: [5, 7, 9, 13] });
  const x = tf.randomNormal<tf.Rank.R2>([70, 8], 0, 1, 'float32', 1);
  expect(checkExport(exported, chunked(32), { x }).maxDifference).toBe(0);
  expect(refuse(chunked(6)).message).toMatch(/has a different structure at different sizes/);
});

it.each<readonly [string, (inputs: Inputs) => unknown, OnnxBackendError['code'], RegExp]>([
  [
    'reads values',
    ({ x }) => tf.mul(x, x.dataSync()[0] as number),
    'export',
    /batch is 5: A value was read/,
  ],
  ['throws', () => tf.zeros([2]).dispose(), 'export', /results must be tensors/],
  [
    'takes one size only',
    ({ x }) => tf.add(x, tf.ones([3, 8])),
    'export',
    /5,8 and 3,8.*option dynamic/,
  ],
  ['returns numbers', ({ x }) => ({ y: tf.neg(x), n: 3 }), 'export', /got number at 'n'/],
  ['returns nothing', () => [], 'export', /returns no tensors/],
  ['runs on the cpu', ({ x }) => tf.unique(x).values, 'unsupported-op', /Unique has no ONNX form/],
  [
    'returns more at some sizes',
    ({ x }) => (x.shape[0] > 8 ? [tf.neg(x), x] : [tf.neg(x)]),
    'export',
    /does not return the same tensors/,
  ],
])('refuses a function that %s', (_, f, code, message) => {
  const { numTensors, numDataBuffers } = tf.memory();
  const error = refuse(f);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
});

it('refuses to assign variables, and leaves them as they were', () => {
  const count = tf.variable(tf.scalar(1));
  const error = refuse(({ x }) => {
    count.assign(tf.scalar(2));
    return tf.neg(x);
  });
  expect(error.message).toMatch(/assigns tf\.Variables/);
  expect(count.dataSync()[0]).toBe(1);
  count.dispose();
});

it('computes nothing and holds nothing', () => {
  const w = tf.randomNormal<tf.Rank.R2>([8, 8], 0, 1, 'float32', 1);
  w.dataSync();
  const { runs } = backend().statistics;
  const { numTensors, numDataBuffers } = tf.memory();
  const held = backend().memory().numBytesHeld;
  exportOnnx(({ x }: Inputs) => tf.add(tf.matMul(x, w), tf.range(0, 8)), spec);
  expect(backend().statistics.runs).toBe(runs);
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  expect(backend().memory().numBytesHeld).toBe(held);
});
