import { add, exp, grad, memory, mul, square, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { constantOf, stopGradient } from './stop-gradient';

describe('stopGradient', () => {
  it('keeps the values and lets no gradient through', () => {
    tidy(() => {
      const x = tensor1d([1, -2, 3]);
      expect(Array.from(stopGradient(x).dataSync())).toEqual([1, -2, 3]);
      const gradient = grad((value) => add(mul(value, stopGradient(value)), stopGradient(value)))(
        x,
      );
      expect(Array.from(gradient.dataSync())).toEqual([1, -2, 3]);
    });
  });

  it('shares the data, and either can be disposed first', () => {
    const x = tensor1d([1, 2]);
    const before = memory();
    const stopped = stopGradient(x);
    expect(memory().numDataBuffers).toBe(before.numDataBuffers);
    x.dispose();
    expect(Array.from(stopped.dataSync())).toEqual([1, 2]);
    stopped.dispose();
    expect(memory().numTensors).toBe(before.numTensors - 1);
    expect(memory().numDataBuffers).toBe(before.numDataBuffers - 1);
  });

  it('works on results in the middle of a differentiated function', () => {
    tidy(() => {
      const gradient = grad((value) => mul(value, stopGradient(square(value))))(tensor1d([3]));
      expect(gradient.dataSync()[0]).toBe(9);
    });
  });
});

describe('constantOf', () => {
  it('computes off the record', () => {
    tidy(() => {
      const gradient = grad((x) =>
        mul(
          x,
          constantOf(x, (value) => exp(mul(value, 0))),
        ),
      )(tensor1d([5, 6]));
      expect(Array.from(gradient.dataSync())).toEqual([1, 1]);
    });
  });
});
