import { exp, scalar, type Scalar } from '@tensorflow/tfjs-core';
import { parameter, type Params } from '@crossweave/core';
import { clampParameter } from '@crossweave/core/nn';

export interface LearnedTemperature {
  /** The initial temperature, in [0.01, 1]. Default 0.07, as in CLIP. */
  initial?: number;
}

/**
 * The number by which scores are divided: fixed, the default of the loss (`auto`), or learned as
 * the parameter `logit_scale` = ln(1/T).
 */
export type Temperature = number | 'auto' | 'learned' | LearnedTemperature;

export interface TemperatureRule {
  readonly init: (() => Params) | undefined;
  /** 1/T; `auto` is the loss's default of T. */
  readonly inverse: (params: Params, auto: number) => Scalar;
}

/**
 * A learned temperature follows CLIP: `logit_scale` is clamped to [0, ln 100], so T is in [0.01,
 * 1]. The clamping happens when the value is used; at a bound, the gradient that leads further out
 * is 0.
 */
export function temperatureRule(temperature: Temperature): TemperatureRule {
  if (temperature === 'auto') return { init: undefined, inverse: (_, auto) => scalar(1 / auto) };
  if (typeof temperature === 'number') {
    return { init: undefined, inverse: () => scalar(1 / temperature) };
  }
  const { initial = 0.07 } = temperature === 'learned' ? {} : temperature;
  return {
    init: () => ({ logit_scale: scalar(-Math.log(initial)) }),
    inverse: (params) =>
      exp(clampParameter(parameter<Scalar>(params, 'logit_scale'), 0, Math.log(100))),
  };
}

/** The number that is added to every logit: fixed, or learned as the parameter `logit_bias`. */
export type Bias = number | 'learned' | { /** Default −10. */ initial?: number };

export interface BiasRule {
  readonly init: (() => Params) | undefined;
  readonly initial: number;
  readonly value: (params: Params) => Scalar;
}

/** A learned bias is initially −10 by default, as in SigLIP, and has no bounds. */
export function biasRule(bias: Bias): BiasRule {
  if (typeof bias === 'number') {
    return { init: undefined, initial: bias, value: () => scalar(bias) };
  }
  const { initial = -10 } = bias === 'learned' ? {} : bias;
  return {
    init: () => ({ logit_bias: scalar(initial) }),
    initial,
    value: (params) => parameter<Scalar>(params, 'logit_bias'),
  };
}
