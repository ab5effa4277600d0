import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { testOptions } from '../test/options';
import { OnnxBackend, checkExport, createOnnxBackend, exportOnnx, jit } from './index';
import { registerOnnxBackend } from './registration';
import { resolveOptions } from './options';
import './register';

await tf.setBackend('onnx');

const anyText = ['no such choice', ''];
const identity = ({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) });
const inputs = { x: { shape: ['batch', 2] } };
const exported = exportOnnx(identity, inputs);

const profile = { takes: { profile: ['no such choice'] } };
testOptions('createOnnxBackend', createOnnxBackend, profile);
testOptions('registerOnnxBackend', registerOnnxBackend, profile);
testOptions('OnnxBackend', (options: never) => new OnnxBackend(options), profile);
testOptions('jit', (options: never) => jit((x: tf.Tensor) => x, options));
testOptions('exportOnnx', (options: never) => exportOnnx(identity, inputs, options), {
  takes: {
    dynamic: ['no such choice', null],
    description: anyText,
    externalData: ['no such choice'],
  },
});
const ones = { x: tf.ones([2, 2]) };
testOptions(
  'checkExport',
  (options: never) => checkExport(exported, identity, ones, options),
  // Of numbers, a tolerance may be any that is not negative.
  { takes: { tolerance: [0.5] } },
);

it('has a default for each option', () => {
  const { threads, cacheSize, profile: prefix, provider } = resolveOptions({});
  expect(provider).toBe('cpu');
  expect(threads).toBe(availableParallelism());
  expect(cacheSize).toBeGreaterThan(0);
  expect(prefix).toBeNull();
});

it('allows no pool at all', () => {
  expect(resolveOptions({ maxPooledBytes: 0 }).maxPooledBytes).toBe(0);
});

it('takes an option that is undefined as not given', () => {
  const options = { threads: undefined, provider: undefined } as object;
  expect(resolveOptions(options)).toEqual(resolveOptions({}));
});

it.each([
  [{ threads: 0 }, /threads must be a whole number of at least 1 and at most 1024; got 0/],
  [{ threads: 1e9 }, /threads/],
  [{ cacheSize: 1.5 }, /cacheSize/],
  [{ maxPending: -1 }, /maxPending/],
  [{ provider: 'webgl' }, /provider must be "cpu" \| "webgpu" \| "cuda"; got "webgl"/],
  [{ thread: 2 }, /there is no option "thread"; expected one of provider, threads/],
])('says what %j should be', (options, message) => {
  expect(() => createOnnxBackend(options as object)).toThrow(message);
  expect(() => registerOnnxBackend(options as object)).toThrow(message);
});

it('knows no option by the name of what every object has', () => {
  expect(() => createOnnxBackend({ constructor: 1 } as object)).toThrow(/no option "constructor"/);
});

it.each([
  [{ dynamic: { x: { '-1': 'n' } } }, /dynamic/],
  [{ dynamic: { x: { 0: '' } } }, /dynamic/],
  [{ names: { input: {} } }, /names/],
  [{ externalData: 'folder/weights' }, /externalData must be text that names a file/],
])('exportOnnx refuses %j', (options, message) => {
  expect(() => exportOnnx(identity, inputs, options as never)).toThrow(message);
});

it('exportOnnx refuses keys of an input that are not there', () => {
  const misspelt = { x: { shape: ['batch', 2], dtyp: 'int32' } };
  expect(() => exportOnnx(identity, misspelt as never)).toThrow(
    /input 'x': there is no option "dtyp"; expected one of shape, dtype/,
  );
});

it('jit refuses what is no function, and to donate an argument that a call does not have', () => {
  expect(() => jit(3 as never)).toThrow(/jit: expected a function; got number/);
  const run = jit((x: tf.Tensor) => tf.neg(x), { donate: [1] });
  expect(() => run(tf.scalar(1))).toThrow(/donate names argument 1, but the call has 1 arguments/);
});
