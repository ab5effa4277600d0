import { scalar, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { expectClose } from '@crossweave/core/testing';
import { it } from 'vitest';
import { initLogitScale, scaledLogits } from './logit-scale';

it('divides by the temperature, adds the bias, and keeps the scale in [1, 100]', () =>
  tidy(() => {
    const x = tensor1d([0.5, -1]);
    const params = initLogitScale(0.05);
    expectClose(scaledLogits(params, x), tensor1d([10, -20]));
    const hot = { logit_scale: scalar(9), logit_bias: scalar(-2) };
    expectClose(scaledLogits(hot, x), tensor1d([48, -102]));
    expectClose(scaledLogits({ ...hot, logit_scale: scalar(-9) }, x), tensor1d([-1.5, -3]));
  }));
