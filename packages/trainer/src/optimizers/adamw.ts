import {
  add,
  div,
  mul,
  scalar,
  sqrt,
  square,
  sub,
  tidy,
  zerosLike,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {
  isBuffer,
  mapParams,
  parameter,
  withPrefix,
  type Optimizer,
  type OptimizerState,
  type Params,
} from '@crossweave/core';
import { anyOf, callback, exactly, listOf, number, readOptions } from '@crossweave/core/authoring';
import { clipScale, globalNorm } from './clip';
import {
  defaultLearningRates,
  rateChecks,
  rateGroups,
  type LearningRate,
  type RateOptions,
} from './groups';
import { constant } from '../schedules';

export interface AdamWOptions extends RateOptions {
  /**
   * Default {@link defaultLearningRates}: image 1e-3, text 2e-5, fusion 1e-3, loss 1e-3. A rate of one
   * part leaves those of the others; `''` replaces all.
   */
  readonly learningRate?: LearningRate;
  /** Decay of the first and second moment, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment; > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled decay a step, times the learning rate; ≥ 0. Default 0.01. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: those of two dimensions or more, so no bias, norm or temperature. */
  readonly decays?: (path: string, value: Tensor) => boolean;
  /** Largest global norm of the gradients, > 0; Infinity: no clipping. Default 1. */
  readonly clipNorm?: number;
}

/**
 * AdamW (Loshchilov and Hutter, 2019) after clipping by global norm; the same numbers
 * as PyTorch's `clip_grad_norm_` and `torch.optim.AdamW` with `amsgrad` off.
 *
 * One bias correction serves all parameters: one that is frozen at first and trained later starts
 * with that of the whole run (PyTorch counts by parameter). State: `exp_avg.<path>`, `exp_avg_sq.<path>`, and `bias_correction1`, `bias_correction2`
 * (1 − β^t, kept as the moving average of the constant 1, which loses no digits).
 *
 * @throws ConfigError for a wrong option; from `init`, for a parameter without a rate or a prefix of
 * `learningRate` that no trained parameter has.
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const where = 'adamW';
  const settings = readOptions<AdamWOptions>(
    where,
    options,
    {
      learningRate: defaultLearningRates,
      schedule: constant(),
      rateScale: () => 1,
      betas: [0.9, 0.999],
      epsilon: 1e-8,
      weightDecay: 0.01,
      decays: (_path, value) => value.rank > 1,
      clipNorm: 1,
    },
    {
      ...rateChecks,
      betas: listOf(number({ min: 0, below: 1 }), { length: 2 }),
      epsilon: number({ above: 0 }),
      weightDecay: number({ min: 0 }),
      decays: callback('(path, value) => boolean'),
      clipNorm: anyOf(number({ above: 0 }), exactly(Infinity)),
    },
  );
  const { learningRate, epsilon, weightDecay, decays, clipNorm } = settings;
  const groups = rateGroups(where, learningRate, settings, defaultLearningRates);
  const [beta1, beta2] = settings.betas;

  const init = (params: Params): OptimizerState => {
    const zeros = (prefix: string): Params => {
      const trained = Object.entries(params).filter(([path]) => !isBuffer(path));
      return withPrefix(prefix, mapParams(Object.fromEntries(trained), zerosLike));
    };
    groups.requireFit(Object.keys(params));
    return {
      ...zeros('exp_avg.'),
      ...zeros('exp_avg_sq.'),
      bias_correction1: scalar(0),
      bias_correction2: scalar(0),
    };
  };

  const update: Optimizer['update'] = (gradients, state, params, step) =>
    tidy(() => {
      const gradientNorm = globalNorm(gradients);
      const clip: Scalar = clipNorm === Infinity ? scalar(1) : clipScale(gradientNorm, clipNorm);

      // Scalars are combined before they meet a parameter: each saves a pass over all of them.
      const share = mul(clip, 1 - beta1);
      const rootShare = mul(clip, Math.sqrt(1 - beta2));
      const correction1 = average(beta1, parameter(state, 'bias_correction1'), scalar(1 - beta1));
      const correction2 = average(beta2, parameter(state, 'bias_correction2'), scalar(1 - beta2));
      const root2 = sqrt(correction2);
      const scaledEpsilon = mul(root2, epsilon);
      const stepSize = div(root2, correction1);
      const rates = groups.ratesOf(Object.keys(gradients), step);
      const factors = new Map(
        [...new Set(rates.values())].map((rate) => {
          const { value } = rate;
          return [
            rate,
            { size: mul(stepSize, scalar(value)), kept: scalar(1 - value * weightDecay) },
          ];
        }),
      );

      const newParams: Record<string, Tensor> = { ...params };
      const newState: Record<string, Tensor> = {
        ...state,
        bias_correction1: correction1,
        bias_correction2: correction2,
      };
      for (const [path, gradient] of Object.entries(gradients)) {
        const value = parameter(params, path);
        const { size, kept } = factors.get(rates.get(path)!)!;
        const mean = average(beta1, parameter(state, `exp_avg.${path}`), mul(gradient, share));
        // The share goes in before squaring: squares of g itself, which the norm needs as well,
        // would all be kept until the norm is known.
        const meanSquare = average(
          beta2,
          parameter(state, `exp_avg_sq.${path}`),
          square(mul(gradient, rootShare)),
        );
        // √v̂ + ε with v̂ = v/c₂ equals (√v + ε√c₂)/√c₂; the √c₂ is in the step size.
        const direction = div(mean, add(sqrt(meanSquare), scaledEpsilon));
        const decayed = weightDecay > 0 && decays(path, value) ? mul(value, kept) : value;
        newParams[path] = sub(decayed, mul(direction, size));
        newState[`exp_avg.${path}`] = mean;
        newState[`exp_avg_sq.${path}`] = meanSquare;
      }
      return { params: newParams, state: newState, gradientNorm };
    });

  return { name: 'adamw', init, update, learningRates: (step) => groups.ratesAt(step) };
}

/** β·old + the new value's share, which is already multiplied by 1 − β. */
function average<T extends Tensor>(beta: number, old: Tensor, share: T): T {
  return add<T>(mul(old, beta), share);
}
