import { tensor1d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { hardSigmoid, hardSwish } from './activations';

it('are lines between −3 and 3, and flat or the identity beyond', () => {
  tidy(() => {
    const x = tensor1d([-4, -3, -1.5, 0, 1.5, 3, 4]);
    const close = (value: number): unknown => expect.closeTo(value, 6);
    expect([...hardSigmoid(x).dataSync()]).toEqual([0, 0, 0.25, 0.5, 0.75, 1, 1].map(close));
    expect([...hardSwish(x).dataSync()]).toEqual([0, 0, -0.375, 0, 1.125, 3, 4].map(close));
  });
});
