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

export interface AdamOptions extends Omit<AdamWOptions, 'weightDecay'> {
  /** Of an L2 penalty, whose gradient is added before the moments; ≥ 0. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma and Ba 2015) after clipping by global norm; the same numbers as `torch.optim.Adam` with
 * `amsgrad` off. Its decay goes through the moments; {@link adamW} decays the weights themselves.
 *
 * @throws ConfigError as {@link adamW}.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const settings = readOptions<AdamOptions>(
    'adam',
    options,
    { ...adamWDefaults, weightDecay: 0 },
    adamWChecks,
  );
  const { betas, epsilon, weightDecay, decays, clipNorm } = settings;
  return withConfig(
    'adam',
    settings,
    optimizerOf(
      'adam',
      chain(
        clipByGlobalNorm({ maxNorm: clipNorm }),
        decoupledWeightDecay({ weightDecay, decays }),
        scaleByAdam({ betas, epsilon }),
        scaledByRates('adam', { ...settings, defaults: defaultLearningRates }),
      ),
    ),
  );
}
