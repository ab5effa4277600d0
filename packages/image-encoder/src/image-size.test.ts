import { zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { anySizeCheck, checkImage, heightAndWidth, sizeCheck } from './image-size';

it('reads one side or two', () => {
  expect(heightAndWidth(5)).toEqual([5, 5]);
  expect(heightAndWidth([4, 6])).toEqual([4, 6]);
  expect([5, [4, 6]].every(sizeCheck.accepts)).toBe(true);
  const wrong = [0, 'any', [4], [4, 6, 3], [4, 0.5], { height: 4, width: 6 }, NaN];
  expect(wrong.filter(sizeCheck.accepts)).toEqual([]);
  expect(['any', 5].every(anySizeCheck.accepts)).toBe(true);
});

it('checks shape and type of a picture', () => {
  const image: Tensor4D = zeros([1, 4, 6, 3]);
  checkImage('t', image, 4, 6);
  checkImage('t', image, 'H', 'W');
  expect(() => checkImage('t', image, 6, 6)).toThrow(/t: image/);
  expect(() => checkImage('t', zeros([1, 4, 6, 1]), 4, 6)).toThrow(/t: image/);
  expect(() => checkImage('t', zeros([1, 4, 6, 3], 'int32'), 4, 6)).toThrow(/float32/);
});
