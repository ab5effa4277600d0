import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { SIZES, Samples } from './dimension';
import { describeInputs, dynamicNames, shapesIn, withTensors } from './inputs';

const image = tf.zeros([2, 4, 4, 3]);
const scale = tf.scalar(1);

it('names inputs by path, and the first size of each tensor by default', () => {
  const inputs = describeInputs({ image, side: { scale } }, 'batch', { 'side.scale': 's' });
  expect(inputs).toEqual([
    { path: 'image', name: 'image', shape: ['batch', 4, 4, 3], dtype: 'float32' },
    { path: 'side.scale', name: 's', shape: [], dtype: 'float32' },
  ]);
});

it('takes sizes as they are without a dynamic one, by axis, or from a description', () => {
  expect(describeInputs({ image }, null, {})[0]?.shape).toEqual([2, 4, 4, 3]);
  const axes = { image: { 1: 'height', 2: 'width' } };
  expect(describeInputs({ image }, axes, {})[0]?.shape).toEqual([2, 'height', 'width', 3]);
  const ids = { shape: ['batch', 'tokens'], dtype: 'int32' } as const;
  const [input] = describeInputs({ ids }, 'n', {});
  expect(input).toEqual({ path: 'ids', name: 'ids', ...ids });
});

it('gives equal names equal sizes in a trace', () => {
  const inputs = describeInputs(
    { a: { shape: ['batch', 2] }, b: { shape: [3, 'n', 'batch'], dtype: 'bool' } },
    null,
    {},
  );
  expect(dynamicNames(inputs)).toEqual(['batch', 'n']);
  const samples = new Samples(['batch', 'n'], SIZES[0] as number[]);
  expect(shapesIn(inputs, samples, 1)).toEqual([
    { shape: [5, 2], dtype: 'float32' },
    { shape: [3, 8, 5], dtype: 'bool' },
  ]);
});

it('puts tensors where descriptions and tensors were', () => {
  const tree = { a: { shape: ['batch'] }, b: [image] };
  expect(withTensors(tree, [scale, image])).toEqual({ a: scale, b: [image] });
});

it.each([
  ['no tensors', {}, null, {}, /must be an object of tensors/],
  ['a tensor alone', image, null, {}, /must be an object of tensors/],
  ['a number', { image, n: 3 }, null, {}, /got number at 'n'/],
  ['an unknown path', { image }, { picture: { 0: 'n' } }, {}, /names 'picture'; there are 'image'/],
  ['an unknown axis', { image }, { image: { 4: 'n' } }, {}, /of rank 4 has no axis 4/],
  ['an unknown name', { image }, null, { picture: 'p' }, /names.inputs names 'picture'/],
  ['an impossible size', { x: { shape: [0] } }, null, {}, /'x' has the shape \[0\]/],
  ['an empty name', { x: { shape: [''] } }, null, {}, /whole numbers above 0/],
] as const)('refuses %s', (_, inputs, dynamic, names, message) => {
  expect(() => describeInputs(inputs, dynamic, names)).toThrow(message);
});

it('refuses types no graph holds', () => {
  const words = tf.tensor(['a']);
  expect(() => describeInputs({ words }, null, {})).toThrow(/'words' is of type string/);
});
