import { add, mul, ones, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { parameter, type Params } from '../params';
import { requireWidth } from './require-width';
import { standardise } from './standardise';

/** `torch.nn.LayerNorm`'s parameters: weight [D] of ones, bias [D] of zeros. */
export function initLayerNorm(path: string, dim: number): Params {
  return { [`${path}.weight`]: ones([dim]), [`${path}.bias`]: zeros([dim]) };
}

/**
 * Layer normalisation over the last axis (Ba et al. 2016): [..., D] → [..., D].
 *
 * @throws ShapeError when the last axis is not D.
 */
export function layerNorm<T extends Tensor>(params: Params, path: string, x: T, epsilon = 1e-5): T {
  const weight = parameter(params, `${path}.weight`);
  const bias = parameter(params, `${path}.bias`);
  requireWidth(path, x, weight.size);
  return tidy(() => add<T>(mul(standardise(x, [x.rank - 1], epsilon).value, weight), bias));
}
