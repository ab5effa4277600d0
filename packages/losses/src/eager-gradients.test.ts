import {
  grads,
  matMul,
  memory,
  mul,
  onesLike,
  scalar,
  sum,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { withEagerGradients } from './eager-gradients';

/** Σ a·b, with its gradients by hand. */
const product = (a: Tensor2D, b: Tensor2D): Scalar =>
  withEagerGradients([a, b], (x, y) => {
    const across = matMul(x as Tensor2D, y as Tensor2D);
    const one = onesLike(across);
    return {
      value: sum(across),
      gradients: [matMul(one, y as Tensor2D, false, true), matMul(x as Tensor2D, one, true)],
    };
  });

it('gives the value and gradients that were computed, times what comes from above', () =>
  tidy(() => {
    const [a, b] = [tensor2d([1, 2, 3, 4], [2, 2]), tensor2d([1, 0, 2, 5, 1, 1], [2, 3])];
    expect(product(a, b).dataSync()[0]).toBe(sum(matMul(a, b)).dataSync()[0]);
    const twice = grads((x, y) => mul<Scalar>(product(x as Tensor2D, y as Tensor2D), scalar(2)));
    const plain = grads((x, y) =>
      mul<Scalar>(sum(matMul(x as Tensor2D, y as Tensor2D)), scalar(2)),
    );
    const wanted = plain([a, b]);
    twice([a, b]).forEach((gradient, i) => {
      expect(gradient.shape).toEqual(wanted[i]!.shape);
      expect([...gradient.dataSync()]).toEqual([...wanted[i]!.dataSync()]);
    });
  }));

it('keeps the gradients and nothing else', () => {
  const [a, b] = [tensor2d([1, 2], [1, 2]), tensor2d([3, 4], [2, 1])];
  const before = memory().numTensors;
  const slopes = grads((x, y) => product(x as Tensor2D, y as Tensor2D))([a, b]);
  expect(memory().numTensors).toBe(before + 2);
  [a, b, ...slopes].forEach((tensor) => tensor.dispose());
});
