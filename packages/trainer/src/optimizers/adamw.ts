import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from '@crossweave/core';
import { readOptions, withConfig } from '@crossweave/core/authoring';
import { chain } from './chain';
import { betasCheck, clipNormCheck, decayCheck, decaysCheck, epsilonCheck } from './checks';
import {
  defaultLearningRates,
  rateChecks,
  unscaled,
  type LearningRate,
  type RateOptions,
} from './groups';
import { optimizerOf } from './optimizer-of';
import { clipByGlobalNorm } from './parts/clip-by-global-norm';
import { decoupledWeightDecay, matricesDecay } from './parts/decoupled-weight-decay';
import { scaleByAdam } from './parts/scale-by-adam';
import { scaledByRates } from './parts/scale-by-schedule';

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

export const adamWChecks = {
  ...rateChecks,
  betas: betasCheck,
  epsilon: epsilonCheck,
  weightDecay: decayCheck,
  decays: decaysCheck,
  clipNorm: clipNormCheck,
};

/** The defaults, those of RateOptions left out. */
export const adamWDefaults: Required<AdamWOptions> = {
  learningRate: defaultLearningRates,
  schedule: {},
  rateScale: unscaled,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  weightDecay: 0.01,
  decays: matricesDecay,
  clipNorm: 1,
};

/**
 * AdamW (Loshchilov and Hutter, 2019) after clipping by global norm; the same numbers
 * as PyTorch's `clip_grad_norm_` and `torch.optim.AdamW` with `amsgrad` off. Its parts:
 * {@link clipByGlobalNorm}, {@link scaleByAdam}, whose state it has, {@link decoupledWeightDecay},
 * {@link scaleBySchedule}.
 *
 * @throws ConfigError for a wrong option; from `init`, for a parameter without a rate or a prefix of
 * `learningRate` that no trained parameter has.
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const settings = readOptions('adamW', options, adamWDefaults, adamWChecks);
  const { betas, epsilon, weightDecay, decays, clipNorm } = settings;
  return withConfig(
    'adamW',
    settings,
    optimizerOf(
      'adamw',
      chain(
        clipByGlobalNorm({ maxNorm: clipNorm }),
        scaleByAdam({ betas, epsilon }),
        decoupledWeightDecay({ weightDecay, decays }),
        scaledByRates('adamW', { ...settings, defaults: defaultLearningRates }),
      ),
    ),
  );
}
