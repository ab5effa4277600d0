import { exp, scalar, type Scalar } from '@tensorflow/tfjs-core';
import { parameter, type Params } from '@crossweave/core';
import { clampParameter } from '@crossweave/core/nn';

export interface LearnedTemperature {
  /** The temperature at the start, in [0.01, 1]. Default 0.07, CLIP's. */
  initial?: number;
}

/**
 * What scores are divided by: a fixed number, the loss's own choice, or a parameter
 * `logit_scale` = ln(1/T).
 */
export type Temperature = number | 'auto' | 'learned' | LearnedTemperature;

export interface TemperatureRule {
  readonly init: (() => Params) | undefined;
  /** 1/T; `auto` is the loss's own choice of T. */
  readonly inverse: (params: Params, auto: number) => Scalar;
}

/**
 * CLIP's rule for the learned one: `logit_scale` is kept in [0, ln 100], so T in [0.01, 1].
 * It is clamped where it is used, and its gradient stops at a bound that it pushes against.
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

/** What is added to every logit: a fixed number, or a parameter `logit_bias`. */
export type Bias = number | 'learned' | { /** Default −10. */ initial?: number };

export interface BiasRule {
  readonly init: (() => Params) | undefined;
  readonly initial: number;
  readonly value: (params: Params) => Scalar;
}

/** The learned bias starts at −10 unless told otherwise (SigLIP's) and has no bounds. */
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
