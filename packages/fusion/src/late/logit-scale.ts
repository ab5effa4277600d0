import { add, exp, mul, scalar, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { parameter, type Params } from '@crossweave/core';
import { clampParameter } from '@crossweave/core/nn';

/** `logit_scale` = ln(1/temperature) and `logit_bias` = 0, which make logits of similarities. */
export function initLogitScale(temperature: number): Params {
  return { logit_scale: scalar(-Math.log(temperature)), logit_bias: scalar(0) };
}

/**
 * exp(logit_scale)·similarity + logit_bias, logit_scale kept in [0, ln 100] as CLIP keeps it unless
 * `clamp` is false.
 */
export function scaledLogits<T extends Tensor>(params: Params, similarities: T, clamp = true): T {
  const free = parameter<Scalar>(params, 'logit_scale');
  const scale = clamp ? clampParameter(free, 0, Math.log(100)) : free;
  return add(mul(similarities, exp(scale)), parameter<Scalar>(params, 'logit_bias'));
}
