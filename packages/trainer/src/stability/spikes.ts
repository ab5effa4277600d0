import { checkOptions, count, number } from '@crossweave/core/authoring';
import type { RunMemory } from '../memory';
import { copyOfState, disposeState, type TrainState } from '../state';

/**
 * When a loss counts as a leap. A leap's step is discarded and training goes on from an earlier state
 * with the next batch, as PaLM was trained (Chowdhery et al. 2022, section 5.1). Two earlier states are
 * held for it, in memory: parameters and the optimizer's state, as they were. They are not saved: a
 * resumed run has its checkpoint alone to go back to, so that a leap soon after it may end otherwise
 * than in a run that never stopped.
 */
export interface SpikeOptions {
  /** So many standard deviations above the mean of the losses before, > 0. Default 6. */
  readonly deviations?: number;
  /** Mean and deviation are those of about so many steps; nothing is a leap before them. Default 50. */
  readonly window?: number;
  /** A state is held every so many steps. Default 25. */
  readonly every?: number;
}

/** After so many leaps in a row the level of the loss has changed, and is taken as the new one. */
const mostInARow = 3;

/** A state must be this old to be gone back to: a leap is seen some steps after what caused it. */
const leastAge = 3;

export interface Leap {
  readonly expected: number;
  readonly bound: number;
}

/** @throws ConfigError for a wrong option. */
export function checkSpikes(options: SpikeOptions): void {
  const checks = { deviations: number({ above: 0 }), window: count(2), every: count() };
  checkOptions('train, spikes', options, checks);
}

/** Watches the loss, and holds the states to go back to. */
export interface SpikeWatch {
  /** Whether a loss leaps above those before. */
  leap(memory: RunMemory, loss: number): Leap | undefined;
  /** The memory after a step of this loss that was kept. */
  afterLoss(memory: RunMemory, loss: number): RunMemory;
  /** Holds the state where it is due. */
  hold(state: TrainState): void;
  /** The state to go back to, which the watch keeps; undefined where none is old enough. */
  goBack(step: number): TrainState | undefined;
  dispose(): void;
}

export function spikeWatch(options: SpikeOptions | undefined): SpikeWatch {
  const { deviations = 6, window = 50, every = 25 } = options ?? {};
  const held: TrainState[] = [];
  let inARow = 0;
  return {
    leap({ losses }, loss) {
      if (options === undefined || losses === undefined || losses.count < window) return undefined;
      // A loss that hardly moves has next to no deviation, and no digit of it is a leap.
      const deviation = Math.max(Math.sqrt(losses.variance), 1e-3 * Math.abs(losses.mean));
      const bound = losses.mean + deviations * deviation;
      return loss > bound && inARow < mostInARow ? { expected: losses.mean, bound } : undefined;
    },
    afterLoss(memory, loss) {
      if (options === undefined) return memory;
      const isNewLevel = inARow >= mostInARow;
      inARow = 0;
      return {
        ...memory,
        losses: isNewLevel
          ? levelOf(undefined, loss, window)
          : levelOf(memory.losses, loss, window),
      };
    },
    hold(state) {
      if (options === undefined || (held.length > 0 && state.step % every !== 0)) return;
      held.push(copyOfState(state));
      if (held.length > 2) disposeState(held.shift()!);
    },
    goBack(step) {
      inARow++;
      return held.findLast((state) => step - state.step >= leastAge);
    },
    dispose: () => held.splice(0).forEach(disposeState),
  };
}

/** Mean and variance, those of the first `window` losses and then exponential averages. */
function levelOf(
  level: RunMemory['losses'] = { count: 0, mean: 0, variance: 0 },
  loss: number,
  window: number,
): NonNullable<RunMemory['losses']> {
  const count = level.count + 1;
  const share = 1 / Math.min(count, window);
  const off = loss - level.mean;
  return {
    count,
    mean: level.mean + share * off,
    variance: (1 - share) * (level.variance + share * off * off),
  };
}
