import { zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkImage, heightAndWidth } from './image-size';

it('reads one side or two', () => {
  expect(heightAndWidth('t', 5)).toEqual([5, 5]);
  expect(heightAndWidth('t', [4, 6])).toEqual([4, 6]);
  expect(() => heightAndWidth('t', [4, 0.5])).toThrow(/t: "imageSize" is out of range.*0.5/);
});

it('checks shape and type of a picture', () => {
  const image: Tensor4D = zeros([1, 4, 6, 3]);
  checkImage('t', image, 4, 6);
  checkImage('t', image, 'H', 'W');
  expect(() => checkImage('t', image, 6, 6)).toThrow(/t: image/);
  expect(() => checkImage('t', zeros([1, 4, 6, 1]), 4, 6)).toThrow(/t: image/);
  expect(() => checkImage('t', zeros([1, 4, 6, 3], 'int32'), 4, 6)).toThrow(/float32/);
});
