import { add, grad, scalar, square, sum } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { logged } from './terms';

it('keeps names and values, and lets no gradient through', () => {
  const terms = logged({ i2t: scalar(2), accuracy: scalar(0.5) });
  expect(Object.keys(terms)).toEqual(['i2t', 'accuracy']);
  expect(terms['accuracy']!.dataSync()[0]).toBe(0.5);
  const slope = grad((x) => add(x, logged({ x: sum(square(x)) })['x']!));
  expect(slope(scalar(3)).dataSync()[0]).toBe(1);
});
