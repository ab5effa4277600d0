import { exp, scalar, type Scalar } from '@tensorflow/tfjs-core';
import { parameter, requireRange, withDefaults, type Params } from '@crossweave/core';
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
export function temperatureRule(where: string, temperature: Temperature): TemperatureRule {
  if (temperature === 'auto') return { init: undefined, inverse: (_, auto) => scalar(1 / auto) };
  if (typeof temperature === 'number') {
    requireRange(where, 'temperature', temperature, 1e-4, 1e4);
    return { init: undefined, inverse: () => scalar(1 / temperature) };
  }
  const given = temperature === 'learned' ? {} : temperature;
  const { initial } = withDefaults(`${where}.temperature`, given, { initial: 0.07 });
  requireRange(where, 'temperature.initial', initial, 0.01, 1);
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
export function biasRule(where: string, bias: Bias): BiasRule {
  if (typeof bias === 'number') {
    requireRange(where, 'bias', bias, -100, 100);
    return { init: undefined, initial: bias, value: () => scalar(bias) };
  }
  const given = bias === 'learned' ? {} : bias;
  const { initial } = withDefaults(`${where}.bias`, given, { initial: -10 });
  requireRange(where, 'bias.initial', initial, -100, 100);
  return {
    init: () => ({ logit_bias: scalar(initial) }),
    initial,
    value: (params) => parameter<Scalar>(params, 'logit_bias'),
  };
}
