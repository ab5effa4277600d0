import { grad, memory, mul, square, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { withGradient } from './with-gradient';

const tripled = (x: ReturnType<typeof tensor1d>) =>
  withGradient(
    x,
    (value, save) => {
      const result = square(value);
      save(value, result);
      return result;
    },
    (gradient, [value, result]) => mul(mul(gradient, value!), mul(result!, 3)),
  );

it('takes the value from one function and the gradient from the other', () => {
  tidy(() => {
    const x = tensor1d([2, -3]);
    expect(Array.from(tripled(x).dataSync())).toEqual([4, 9]);
    const gradient = grad((value) => mul(tripled(value as typeof x), 2))(x);
    expect(Array.from(gradient.dataSync())).toEqual([2 * 3 * 8, 2 * 3 * -27]);
  });
});

it('releases what it saved, with a gradient and without', () => {
  const x = tensor1d([1, 2]);
  const before = memory().numTensors;
  tripled(x).dispose();
  grad((value) => tripled(value as typeof x))(x).dispose();
  expect(memory().numTensors).toBe(before);
  x.dispose();
});
