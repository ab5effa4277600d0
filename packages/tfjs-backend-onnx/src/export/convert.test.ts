import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import type { ReadModel } from '../../test/read-model';
import { readModel } from '../../test/read-model';
import '../register';
import { checkExport } from './check-export';
import type { ExportOptions } from './export-onnx';
import { exportOnnx } from './export-onnx';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

interface Inputs {
  readonly x: tf.Tensor2D;
}

type F = (inputs: Inputs) => tf.Tensor | Record<string, tf.Tensor>;

/** The exported model, once its values are known to be right. */
function exported(f: F, options: ExportOptions = {}): ReadModel {
  const model = exportOnnx(f, { x: { shape: ['batch', 8] } }, options);
  const x = tf.randomNormal<tf.Rank.R2>([3, 8], 0, 1, 'float32', 1);
  expect(checkExport(model, f, { x }).maxDifference).toBeLessThan(1e-5);
  return readModel(model.model);
}

const weights = (model: ReadModel): (readonly [string, readonly (number | string)[]])[] =>
  model.initialisers
    .filter(({ name }) => !name.startsWith('integers'))
    .map(({ name, shape }) => [name, shape] as const);

it('names parameters as the caller does, in their own shape and once', () => {
  const w = tf.randomNormal<tf.Rank.R2>([8, 8], 0, 1, 'float32', 1);
  const b = tf.randomNormal([8], 0, 1, 'float32', 2);
  const f: F = ({ x }) => {
    const column = tf.matMul(x, tf.reshape(b, [8, 1]));
    return tf.add(tf.add(tf.matMul(tf.matMul(x, w), w), b), column);
  };
  const model = exported(f, { parameters: { 'fc.weight': w, 'fc.bias': b, unused: tf.scalar(1) } });
  expect(weights(model)).toEqual([
    ['fc.bias', [8]],
    ['fc.weight', [8, 8]],
  ]);
});

it('numbers what has no name, and names variables', () => {
  const w = tf.randomNormal<tf.Rank.R2>([8, 8], 0, 1, 'float32', 1);
  const scale = tf.variable(tf.scalar(3), true, 'export/scale');
  const bias = tf.variable(tf.zeros([300]));
  const model = exported(({ x }) => ({
    y: tf.mul(tf.matMul(x, w), scale),
    z: tf.add(tf.sum(x, 1, true), bias),
  }));
  expect(weights(model)).toEqual([
    ['captured.0', [8, 8]],
    ['export/scale', []],
    [`variable.${bias.name}`, [300]],
  ]);
  tf.dispose([scale, bias]);
});

it('writes outputs under their names, whatever computes them', () => {
  const held = tf.tensor1d([1, 2]);
  const model = exported(
    ({ x }) => {
      const negative = tf.neg(x);
      const { values, indices } = tf.topk(x, 2);
      return { negative, again: negative, x, held, values, indices };
    },
    { names: { outputs: { x: 'x.copy' } } },
  );
  expect(model.outputs).toEqual([
    { name: 'negative', shape: ['batch', 8] },
    { name: 'again', shape: ['batch', 8] },
    { name: 'x.copy', shape: ['batch', 8] },
    { name: 'held', shape: [2] },
    { name: 'values', shape: ['batch', 2] },
    { name: 'indices', shape: ['batch', 2] },
  ]);
});

it('takes sizes along in value infos, and the axis of a cumulative sum as a number', () => {
  const model = exported(({ x }) => tf.cumsum(tf.concat([x, tf.reshape(x, [-1, 8])], 0), 1));
  expect(model.values.map(({ shape }) => shape)).toEqual([['2*batch', 8]]);
  const axis = model.operators.find(({ op }) => op === 'CumSum')?.inputs[1];
  expect(model.initialisers.find(({ name }) => name === axis)?.shape).toEqual([]);
});

it('refuses names that clash', () => {
  const f: F = ({ x }) => ({ y: tf.neg(x) });
  const spec = { x: { shape: ['batch', 8] } };
  expect(() => exportOnnx(({ x }: Inputs) => ({ x: tf.neg(x) }), spec)).toThrow(
    /name 'x' of an output/,
  );
  expect(() => exportOnnx(f, spec, { names: { outputs: { y: 'x' } } })).toThrow(
    /is already in use/,
  );
  const w = tf.scalar(2);
  const scaled: F = ({ x }) => ({ y: tf.mul(x, w) });
  expect(() => exportOnnx(scaled, spec, { parameters: { y: w } })).toThrow(/'y' of a parameter/);
});
