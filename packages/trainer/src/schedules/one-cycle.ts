import { checkOptions, count, number, withConfig } from '@crossweave/core/authoring';
import { cosineFall, type Schedule } from './schedule';

export interface OneCycleOptions {
  /** Steps of the cycle; after them the last rate stays. */
  readonly steps: number;
  /** Share of the steps in which the rate rises, in (0, 1). Default 0.3. */
  readonly rise?: number;
  /** The cycle begins at 1 / `startDivisor`, ≥ 1. Default 25. */
  readonly startDivisor?: number;
  /** It ends at 1 / (`startDivisor` · `endDivisor`), ≥ 1. Default 1e4. */
  readonly endDivisor?: number;
}

/**
 * One rise to 1 and one fall, both half a cosine (Smith and Topin 2018): the factors of
 * `torch.optim.lr_scheduler.OneCycleLR` of the same steps, momentum left as it is.
 *
 * @throws ConfigError for a wrong option.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const divisor = number({ min: 1 });
  const checks = {
    steps: count(2),
    rise: number({ above: 0, below: 1 }),
    startDivisor: divisor,
    endDivisor: divisor,
  };
  checkOptions('oneCycle', options, checks, ['steps']);
  const { steps, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  const start = 1 / startDivisor;
  const end = start / endDivisor;
  const top = rise * steps - 1;
  return withConfig('oneCycle', { steps, rise, startDivisor, endDivisor }, (step) => {
    if (step >= steps - 1) return end;
    return step <= top
      ? 1 + (start - 1) * cosineFall(step / top)
      : end + (1 - end) * cosineFall((step - top) / (steps - 1 - top));
  });
}
