import type { Optimizer } from '@crossweave/core';
import { readOptions, withConfig } from '@crossweave/core/authoring';
import type { AdamWOptions } from './adamw';
import { chain } from './chain';
import { betasCheck, clipNormCheck, decayCheck, decaysCheck } from './checks';
import { rateChecks, unscaled } from './groups';
import { optimizerOf } from './optimizer-of';
import { clipByGlobalNorm } from './parts/clip-by-global-norm';
import { decoupledWeightDecay, matricesDecay } from './parts/decoupled-weight-decay';
import { scaleByLion } from './parts/scale-by-lion';
import { scaledByRates } from './parts/scale-by-schedule';

export interface LionOptions extends Omit<AdamWOptions, 'epsilon' | 'betas' | 'learningRate'> {
  /** Every entry of a parameter moves by this. Default: a tenth of {@link defaultLearningRates}. */
  readonly learningRate?: AdamWOptions['learningRate'];
  /** Share of the old average in the direction and in the average, each in [0, 1). Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
}

/** A tenth of Adam's rates: the paper advises a rate 3 to 10 times smaller. */
const lionRates = { image: 1e-4, text: 2e-6, fusion: 1e-4, loss: 1e-4 } as const;

/**
 * Lion (Chen et al. 2023, arXiv 2302.06675) after clipping by global norm: the sign of a mixed average.
 * Half of Adam's state. The paper advises a weight decay 3 to 10 times that of AdamW.
 *
 * @throws ConfigError as {@link adamW}.
 */
export function lion(options: LionOptions = {}): Optimizer {
  const settings = readOptions<LionOptions>(
    'lion',
    options,
    {
      learningRate: lionRates,
      schedule: {},
      rateScale: unscaled,
      betas: [0.9, 0.99],
      weightDecay: 0.01,
      decays: matricesDecay,
      clipNorm: 1,
    },
    {
      ...rateChecks,
      betas: betasCheck,
      weightDecay: decayCheck,
      decays: decaysCheck,
      clipNorm: clipNormCheck,
    },
  );
  const { betas, weightDecay, decays, clipNorm } = settings;
  return withConfig(
    'lion',
    settings,
    optimizerOf(
      'lion',
      chain(
        clipByGlobalNorm({ maxNorm: clipNorm }),
        scaleByLion({ betas }),
        decoupledWeightDecay({ weightDecay, decays }),
        scaledByRates('lion', { ...settings, defaults: lionRates }),
      ),
    ),
  );
}
