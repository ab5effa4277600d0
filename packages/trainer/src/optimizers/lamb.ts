import type { Optimizer } from '@crossweave/core';
import { readOptions, withConfig } from '@crossweave/core/authoring';
import { adamWChecks, adamWDefaults, type AdamWOptions } from './adamw';
import { chain } from './chain';
import { defaultLearningRates } from './groups';
import { optimizerOf } from './optimizer-of';
import { clipByGlobalNorm } from './parts/clip-by-global-norm';
import { decoupledWeightDecay } from './parts/decoupled-weight-decay';
import { scaleByAdam } from './parts/scale-by-adam';
import { scaledByRates } from './parts/scale-by-schedule';
import { scaleByTrustRatio } from './parts/scale-by-trust-ratio';

/** As {@link AdamWOptions}; epsilon defaults to 1e-6. */
export type LambOptions = AdamWOptions;

/**
 * LAMB (You et al. 2020, arXiv 1904.00962): AdamW whose step is as long as its parameter, times the
 * learning rate. Made for large batches. Rates are relative, so they are larger than Adam's: start at
 * 1e-3 to 1e-2.
 *
 * @throws ConfigError as {@link adamW}.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const settings = readOptions('lamb', options, { ...adamWDefaults, epsilon: 1e-6 }, adamWChecks);
  const { betas, epsilon, weightDecay, decays, clipNorm } = settings;
  return withConfig(
    'lamb',
    settings,
    optimizerOf(
      'lamb',
      chain(
        clipByGlobalNorm({ maxNorm: clipNorm }),
        scaleByAdam({ betas, epsilon }),
        decoupledWeightDecay({ weightDecay, decays }),
        scaleByTrustRatio(),
        scaledByRates('lamb', { ...settings, defaults: defaultLearningRates }),
      ),
    ),
  );
}
