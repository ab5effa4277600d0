import type { Optimizer } from '@crossweave/core';
import { checkOptions, number, withConfig } from '@crossweave/core/authoring';
import { chain } from './chain';
import { clipNormCheck } from './checks';
import { rateChecks, type LearningRate, type RateOptions } from './groups';
import { optimizerOf } from './optimizer-of';
import { clipByGlobalNorm } from './parts/clip-by-global-norm';
import { scaleByMomentum } from './parts/scale-by-momentum';
import { scaledByRates } from './parts/scale-by-schedule';

export interface SgdOptions extends RateOptions {
  readonly learningRate: LearningRate;
  /** In [0, 1). Default 0. */
  readonly momentum?: number;
  /** Largest global norm of the gradients, > 0. Default Infinity: no clipping. */
  readonly clipNorm?: number;
}

/**
 * Stochastic gradient descent with momentum as in PyTorch's `torch.optim.SGD`
 * (velocity = momentum·velocity + gradient). State: `momentum_buffer.<path>`.
 *
 * @throws ConfigError for a wrong option; from `init`, for a parameter without a rate or a prefix of
 * `learningRate` that no trained parameter has.
 */
export function sgd(options: SgdOptions): Optimizer {
  const checks = {
    ...rateChecks,
    momentum: number({ min: 0, below: 1 }),
    clipNorm: clipNormCheck,
  };
  checkOptions('sgd', options, checks, ['learningRate']);
  const { momentum = 0, clipNorm = Infinity } = options;
  return withConfig(
    'sgd',
    { ...options, momentum, clipNorm },
    optimizerOf(
      'sgd',
      chain(
        clipByGlobalNorm({ maxNorm: clipNorm }),
        scaleByMomentum({ momentum }),
        scaledByRates('sgd', options),
      ),
    ),
  );
}
