import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from '@crossweave/core';
import { number, readOptions, withConfig } from '@crossweave/core/authoring';
import { chain } from './chain';
import { clipNormCheck, decayCheck, decaysCheck, epsilonCheck } from './checks';
import { rateChecks, unscaled, type LearningRate, type RateOptions } from './groups';
import { optimizerOf } from './optimizer-of';
import { clipByGlobalNorm } from './parts/clip-by-global-norm';
import { decoupledWeightDecay, matricesDecay } from './parts/decoupled-weight-decay';
import { scaleByFactoredRms } from './parts/scale-by-factored-rms';
import { scaleByParameterRms } from './parts/scale-by-parameter-rms';
import { scaledByRates } from './parts/scale-by-schedule';

export interface AdafactorOptions extends RateOptions {
  /** Relative to the root mean square of a parameter; a step's is at most 1/√t. Default 0.01. */
  readonly learningRate?: LearningRate;
  /** c in β₂ = 1 − t^c at step t, below 0. Default −0.8. */
  readonly beta2Decay?: number;
  /** Largest root mean square of a direction, > 0. Default 1. */
  readonly threshold?: number;
  /** The least root mean square a parameter counts with; > 0. Default 1e-3. */
  readonly epsilon?: number;
  /** Decoupled decay a step, times the learning rate; ≥ 0. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: those of two dimensions or more. */
  readonly decays?: (path: string, value: Tensor) => boolean;
  /** Largest global norm of the gradients, > 0. Default Infinity: directions are bounded anyway. */
  readonly clipNorm?: number;
}

/**
 * Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) without a first moment; the same numbers as
 * `torch.optim.Adafactor`. Its state is the size of a row and a column for each matrix.
 *
 * @throws ConfigError as {@link adamW}.
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  const settings = readOptions<AdafactorOptions>(
    'adafactor',
    options,
    {
      learningRate: 0.01,
      schedule: {},
      rateScale: unscaled,
      beta2Decay: -0.8,
      threshold: 1,
      epsilon: 1e-3,
      weightDecay: 0,
      decays: matricesDecay,
      clipNorm: Infinity,
    },
    {
      ...rateChecks,
      beta2Decay: number({ below: 0 }),
      threshold: number({ above: 0 }),
      epsilon: epsilonCheck,
      weightDecay: decayCheck,
      decays: decaysCheck,
      clipNorm: clipNormCheck,
    },
  );
  const { beta2Decay, threshold, epsilon, weightDecay, decays, clipNorm } = settings;
  return withConfig(
    'adafactor',
    settings,
    optimizerOf(
      'adafactor',
      chain(
        clipByGlobalNorm({ maxNorm: clipNorm }),
        scaleByFactoredRms({ beta2Decay, threshold }),
        scaleByParameterRms({ epsilon }),
        decoupledWeightDecay({ weightDecay, decays }),
        scaledByRates('adafactor', { ...settings, limit: (step) => 1 / Math.sqrt(step + 1) }),
      ),
    ),
  );
}
