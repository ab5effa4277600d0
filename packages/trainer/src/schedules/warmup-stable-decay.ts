import { ConfigError } from '@crossweave/core';
import { checkOptions, count, oneOf, withConfig } from '@crossweave/core/authoring';
import { cosineFall, warmingUp, type Schedule } from './schedule';

export interface WarmupStableDecayOptions {
  /** Steps of linear warm-up; 0: none. */
  readonly warmup: number;
  /** Steps in all. */
  readonly steps: number;
  /** Steps of the fall at the end. */
  readonly decay: number;
  /** The form of the fall from 1 to 0. Default `sqrt`: 1 − √share, which Hägele et al. found best. */
  readonly shape?: 'sqrt' | 'linear' | 'cosine';
}

const shapes = {
  sqrt: (share: number) => 1 - Math.sqrt(share),
  linear: (share: number) => 1 - share,
  cosine: cosineFall,
} as const;

/**
 * Warm-up, a long stretch at 1, and a fall to 0 over the last steps (Hägele et al. 2024, arXiv
 * 2405.18392). Until the fall begins nothing depends on `steps`, so a run can be extended from a
 * checkpoint before it as if it had been planned so.
 *
 * @throws ConfigError for a wrong option, or warm-up and fall that are longer than the run.
 */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const checks = {
    warmup: count(0),
    steps: count(),
    decay: count(0),
    shape: oneOf(...Object.keys(shapes)),
  };
  checkOptions('warmupStableDecay', options, checks, ['warmup', 'steps', 'decay']);
  const { warmup, steps, decay, shape = 'sqrt' } = options;
  if (warmup + decay > steps) {
    throw new ConfigError('warm-up and decay are longer than the run', {
      where: 'warmupStableDecay',
      expected: `at most ${steps} steps together`,
      got: warmup + decay,
    });
  }
  const fall = steps - decay;
  return withConfig('warmupStableDecay', { warmup, steps, decay, shape }, (step) => {
    if (step < warmup) return warmingUp(step, warmup);
    if (step >= steps) return 0;
    return step < fall ? 1 : shapes[shape]((step - fall) / decay);
  });
}
