import type { TrainOptions } from './options';

/** When a state is due to be saved. */
export interface CheckpointClock {
  isDue(step: number): boolean;
  /** Told after each save, so that minutes count from it. */
  saved(): void;
}

export function checkpointClock(
  every: TrainOptions<unknown, unknown>['checkpointEvery'],
  now: () => number = () => performance.now(),
): CheckpointClock {
  const { steps, minutes }: { steps?: number; minutes?: number } =
    typeof every === 'number' ? { steps: every } : (every ?? {});
  let last = now();
  return {
    isDue: (step) =>
      (steps !== undefined && step % steps === 0) ||
      (minutes !== undefined && now() - last >= minutes * 60_000),
    saved() {
      last = now();
    },
  };
}
