import { checkOptions, count, withConfig } from '@crossweave/core/authoring';
import { cosineFall, warmingUp, type Schedule } from './schedule';

export interface CosineRestartsOptions {
  /** Steps of the first cycle. */
  readonly first: number;
  /** Each cycle is this many times as long as the one before. Default 1. */
  readonly growth?: number;
  /** Steps of linear warm-up before the first cycle. Default 0. */
  readonly warmup?: number;
}

/**
 * Half a cosine from 1 down to 0, again and again (Loshchilov and Hutter 2017): the factors of
 * `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`. A run that ends with a cycle ends at its
 * lowest rate.
 *
 * @throws ConfigError for a wrong option.
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const checks = { first: count(), growth: count(), warmup: count(0) };
  checkOptions('cosineRestarts', options, checks, ['first']);
  const { first, growth = 1, warmup = 0 } = options;
  return withConfig('cosineRestarts', { first, growth, warmup }, (step) => {
    if (step < warmup) return warmingUp(step, warmup);
    let [done, length] = [step - warmup, first];
    if (growth === 1) done %= first;
    else {
      while (done >= length) {
        done -= length;
        length *= growth;
      }
    }
    return cosineFall(done / length);
  });
}
