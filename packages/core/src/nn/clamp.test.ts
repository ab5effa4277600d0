import { grad, mul, sum, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { clampParameter } from './clamp';

it('clamps the value, and stops only the gradients that lead out of the range', () => {
  const at = tensor1d([-1, -1, 0.5, 0.5, 3, 3]);
  const slopes = tensor1d([1, -1, 1, -1, 1, -1]);
  expect([...clampParameter(at, 0, 2).dataSync()]).toEqual([0, 0, 0.5, 0.5, 2, 2]);
  const gradient = grad((x: Tensor) => sum(mul(clampParameter(x, 0, 2), slopes)))(at);
  // Below the range a descent step must go up (negative gradient), above it down.
  expect([...gradient.dataSync()].map((value) => value + 0)).toEqual([0, -1, 1, -1, 1, 0]);
});
