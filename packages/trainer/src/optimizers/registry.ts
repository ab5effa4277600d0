import type { Optimizer } from '@crossweave/core';
import { lookUp } from '@crossweave/core/authoring';
import { adafactor, type AdafactorOptions } from './adafactor';
import { adam, type AdamOptions } from './adam';
import { adamW, type AdamWOptions } from './adamw';
import { lamb, type LambOptions } from './lamb';
import { lion, type LionOptions } from './lion';
import { muon, type MuonOptions } from './muon';
import { scheduleFreeAdamW, type ScheduleFreeAdamWOptions } from './schedule-free-adamw';
import { sgd, type SgdOptions } from './sgd';

/** The options of every optimizer, by the name a config gives it. */
export interface OptimizerOptions {
  readonly adamw: AdamWOptions;
  readonly adam: AdamOptions;
  readonly lamb: LambOptions;
  readonly lion: LionOptions;
  readonly adafactor: AdafactorOptions;
  readonly muon: MuonOptions;
  readonly 'schedule-free-adamw': ScheduleFreeAdamWOptions;
  readonly sgd: SgdOptions;
}

/** Every optimizer by name. */
export const optimizers: {
  readonly [Name in keyof OptimizerOptions]: (options: OptimizerOptions[Name]) => Optimizer;
} = {
  adamw: adamW,
  adam,
  lamb,
  lion,
  adafactor,
  muon,
  'schedule-free-adamw': scheduleFreeAdamW,
  sgd,
};

/**
 * An optimizer by name, its options from a config.
 *
 * @throws ConfigError for an unknown name, which names the nearest, or a wrong option.
 */
export function createOptimizer(name: string, options: object = {}): Optimizer {
  const create: (options: never) => Optimizer = lookUp('createOptimizer', optimizers, name);
  return create(options as never);
}
