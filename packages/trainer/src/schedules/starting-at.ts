import { callback, count, requireValue, withConfig } from '@crossweave/core/authoring';
import type { Schedule } from './schedule';

/**
 * 0 before `step`, from then on `schedule` as if the run began there. For a part that is trained later
 * ({@link unfreezeAt}), so that it has a warm-up of its own:
 *
 * ```ts
 * adamW({ schedule: { image: startingAt(500, warmupCosine({ warmup: 50, steps: 500 })) } });
 * ```
 *
 * @throws ConfigError for a step that is no whole number, or a schedule that is no function.
 */
export function startingAt(step: number, schedule: Schedule): Schedule {
  requireValue('startingAt', 'step', step, count(0));
  requireValue('startingAt', 'schedule', schedule, callback('(step) => factor'));
  return withConfig('startingAt', { step, schedule }, (now) =>
    now < step ? 0 : schedule(now - step),
  );
}
