import { checkOptions, count } from '@crossweave/core/authoring';

/** What a step's learning rates are multiplied by. Steps count from 0. */
export type Schedule = (step: number) => number;

/** Always 1. */
export function constant(): Schedule {
  return () => 1;
}

/**
 * Linear warm-up, then half a cosine down to 0 at `steps` (open_clip's `cosine_lr`): step s
 * has (s+1)/W while s < W = `warmup`, then (1 + cos(π·(s−W)/(steps−W)))/2. `warmup` 0: none.
 *
 * @throws ConfigError for a wrong option.
 */
export function warmupCosine(options: { warmup: number; steps: number }): Schedule {
  const checks = { warmup: count(0), steps: count() };
  checkOptions('warmupCosine', options, checks, ['warmup', 'steps']);
  const { warmup, steps } = options;
  return (step) => {
    if (step < warmup) return (step + 1) / warmup;
    if (step >= steps) return 0;
    return (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup))) / 2;
  };
}

/**
 * Linear warm-up over `warmup` steps, then 1 (open_clip's `const_lr`).
 *
 * @throws ConfigError for a wrong option.
 */
export function warmupConstant(options: { warmup: number }): Schedule {
  checkOptions('warmupConstant', options, { warmup: count(0) }, ['warmup']);
  const { warmup } = options;
  return (step) => (step < warmup ? (step + 1) / warmup : 1);
}
