import { add, mul, relu6, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { relu } from '@crossweave/core/nn';

/** min(max(x + 3, 0), 6) / 6: `torch.nn.Hardsigmoid`. */
export function hardSigmoid<T extends Tensor>(x: T): T {
  return tidy(() => mul<T>(relu6(add(x, 3)), 1 / 6));
}

/** x · {@link hardSigmoid}(x) (Howard et al. 2019): `torch.nn.Hardswish`. */
export function hardSwish<T extends Tensor>(x: T): T {
  return tidy(() => mul<T>(mul(x, 1 / 6), relu6(add(x, 3))));
}

/** Activations after a convolution, by their names in options. */
export const convolutionActivations = { relu, hardSwish } as const;

export type ConvolutionActivation = keyof typeof convolutionActivations;
