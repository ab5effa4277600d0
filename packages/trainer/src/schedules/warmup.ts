import { checkOptions, count, share, withConfig } from '@crossweave/core/authoring';
import { cosineFall, warmingUp, type Schedule } from './schedule';

/** Always 1. */
export function constant(): Schedule {
  return withConfig('constant', {}, () => 1);
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
  return withConfig('warmupCosine', { warmup, steps }, (step) => {
    if (step < warmup) return warmingUp(step, warmup);
    if (step >= steps) return 0;
    return cosineFall((step - warmup) / (steps - warmup));
  });
}

/**
 * Linear warm-up over `warmup` steps, then 1 (open_clip's `const_lr`).
 *
 * @throws ConfigError for a wrong option.
 */
export function warmupConstant(options: { warmup: number }): Schedule {
  checkOptions('warmupConstant', options, { warmup: count(0) }, ['warmup']);
  const { warmup } = options;
  return withConfig('warmupConstant', { warmup }, (step) =>
    step < warmup ? warmingUp(step, warmup) : 1,
  );
}

/**
 * Linear warm-up, then a straight line down to `end` (default 0) at `steps`: step s ≥ W has
 * 1 − (1 − end)·(s−W)/(steps−W). After `steps` it stays at `end`.
 *
 * @throws ConfigError for a wrong option.
 */
export function warmupLinear(options: { warmup: number; steps: number; end?: number }): Schedule {
  const checks = { warmup: count(0), steps: count(), end: share() };
  checkOptions('warmupLinear', options, checks, ['warmup', 'steps']);
  const { warmup, steps, end = 0 } = options;
  return withConfig('warmupLinear', { warmup, steps, end }, (step) => {
    if (step < warmup) return warmingUp(step, warmup);
    if (step >= steps) return end;
    return 1 - ((1 - end) * (step - warmup)) / (steps - warmup);
  });
}

/**
 * Linear warm-up over `warmup` steps, then √(W / (s+1)) at step s (Vaswani et al. 2017, scaled so
 * that it reaches 1). It has no end, so a run can always go on.
 *
 * @throws ConfigError for a wrong option.
 */
export function inverseSquareRoot(options: { warmup: number }): Schedule {
  checkOptions('inverseSquareRoot', options, { warmup: count() }, ['warmup']);
  const { warmup } = options;
  return withConfig('inverseSquareRoot', { warmup }, (step) =>
    step < warmup ? warmingUp(step, warmup) : Math.sqrt(warmup / (step + 1)),
  );
}
