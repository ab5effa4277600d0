import type { Batch } from '@crossweave/core';
import { disposeFigures } from './figures';
import { disposeReplaced, type TrainState } from './state';
import type { StepOutcome } from './step';

/** A step that was begun before it was known that it follows. */
interface Begun<Image, Text> {
  readonly state: TrainState;
  readonly batch: Batch<Image, Text>;
  readonly outcome: StepOutcome;
}

/**
 * The step after the one whose figures are being read. It is begun from the state that the last step
 * makes, and taken if training goes on from that state; otherwise it is let go. A step is a function
 * of its state, batch and key, so that the numbers are the same as without it.
 */
export interface StepAhead<Image, Text> {
  /** Lets go of what was begun before; a step that fails to begin is none. */
  begin(state: TrainState, batch: Batch<Image, Text>): void;
  /** What was begun from this state with this batch; anything else that was begun is let go. */
  take(state: TrainState, batch: Batch<Image, Text>): StepOutcome | undefined;
  discard(): void;
}

/** @param step begins a step; the engine computes it while JavaScript goes on. */
export function stepAhead<Image, Text>(
  step: (state: TrainState, batch: Batch<Image, Text>) => StepOutcome,
): StepAhead<Image, Text> {
  let begun: Begun<Image, Text> | undefined;
  const discard = (): void => {
    if (begun === undefined) return;
    const { outcome, state } = begun;
    begun = undefined;
    disposeReplaced(outcome.state, state);
    disposeFigures(outcome);
  };
  return {
    discard,
    begin(state, batch) {
      discard();
      try {
        begun = { state, batch, outcome: step(state, batch) };
      } catch {
        // Made again in its turn, where the error is thrown.
      }
    },
    take(state, batch) {
      const found = begun;
      if (found?.batch === batch && isSame(found.state, state)) {
        begun = undefined;
        return found.outcome;
      }
      discard();
      return undefined;
    },
  };
}

/** Whether a step from either is the same. What the watches note of a step that was kept changes none. */
function isSame(a: TrainState, b: TrainState): boolean {
  const factor = ({ memory }: TrainState): number => memory?.rateFactor ?? 1;
  return a.step === b.step && a.params === b.params && factor(a) === factor(b);
}
