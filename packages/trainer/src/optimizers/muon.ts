import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from '@crossweave/core';
import {
  boolean,
  callback,
  count,
  number,
  readOptions,
  withConfig,
} from '@crossweave/core/authoring';
import { adamWChecks, adamWDefaults, type AdamWOptions } from './adamw';
import { chain } from './chain';
import { defaultLearningRates } from './groups';
import { optimizerOf } from './optimizer-of';
import { clipByGlobalNorm } from './parts/clip-by-global-norm';
import { decoupledWeightDecay } from './parts/decoupled-weight-decay';
import { scaleByAdam } from './parts/scale-by-adam';
import { scaleByMuon } from './parts/scale-by-muon';
import { scaledByRates } from './parts/scale-by-schedule';
import { partitionBy } from './partition-by';

export interface MuonOptions extends AdamWOptions {
  /** Rate of the matrices, ≥ 0; schedule and rateScale multiply it too. Default 0.02. */
  readonly matrixRate?: number;
  /** Momentum of the matrices, in [0, 1). Default 0.95. */
  readonly momentum?: number;
  /** Default true. */
  readonly nesterov?: boolean;
  /** Newton–Schulz iterations. Default 5. */
  readonly iterations?: number;
  /**
   * Which parameters {@link scaleByMuon} moves, of those of two dimensions or more. Default: all but
   * embeddings, class tokens and heads (paths with `embed`, `token`, `position`, `head`, `classifier`).
   */
  readonly isMatrix?: (path: string, value: Tensor) => boolean;
}

const tables = /embed|token|position|(?:^|\.)(?:head|classifier)\./;
const noTable = withConfig('noTable', {}, (path: string): boolean => !tables.test(path));

/**
 * Muon (Jordan et al. 2024) for the matrices inside of a model, {@link adamW} for all others:
 * embeddings, biases, norms, temperatures. The options of AdamW are those of the others; weight decay
 * and clipping hold for both. The same numbers as `torch.optim.Muon` run in float32.
 *
 * @throws ConfigError as {@link adamW}.
 */
export function muon(options: MuonOptions = {}): Optimizer {
  const settings = readOptions<MuonOptions>(
    'muon',
    options,
    {
      ...adamWDefaults,
      matrixRate: 0.02,
      momentum: 0.95,
      nesterov: true,
      iterations: 5,
      isMatrix: noTable,
    },
    {
      ...adamWChecks,
      matrixRate: number({ min: 0 }),
      momentum: number({ min: 0, below: 1 }),
      nesterov: boolean(),
      iterations: count(),
      isMatrix: callback('(path, value) => boolean'),
    },
  );
  const { betas, epsilon, weightDecay, decays, clipNorm, matrixRate, isMatrix } = settings;
  const { momentum, nesterov, iterations } = settings;
  const decay = decoupledWeightDecay({ weightDecay, decays });
  const { schedule, rateScale } = settings;
  return withConfig(
    'muon',
    settings,
    optimizerOf(
      'muon',
      chain(
        clipByGlobalNorm({ maxNorm: clipNorm }),
        partitionBy(
          (path, value) => (value.rank > 1 && isMatrix(path, value) ? 'matrices' : 'others'),
          {
            matrices: chain(
              scaleByMuon({ momentum, nesterov, iterations }),
              decay,
              scaledByRates('muon, matrixRate', { learningRate: matrixRate, schedule, rateScale }),
            ),
            others: chain(
              scaleByAdam({ betas, epsilon }),
              decay,
              scaledByRates('muon', { ...settings, defaults: defaultLearningRates }),
            ),
          },
        ),
      ),
    ),
  );
}
