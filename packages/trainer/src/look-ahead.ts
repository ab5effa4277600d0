import { disposeBatch, type Batch } from '@crossweave/core';
import type { Turn } from './batches-from';

/** A turn, and the one after it. */
export interface OpenTurn<B> extends Omit<Turn<B>, 'isKept'> {
  /**
   * The next turn, undefined where there is none; it is asked for at the first call. The batch of this turn
   * lives on until the loop goes on.
   */
  readonly following: () => Promise<Turn<B> | undefined>;
}

/** Turns whose consumer may ask for the next before the last is over. Batches are disposed as before. */
export async function* lookAhead<B extends Batch<unknown, unknown>>(
  turns: AsyncGenerator<Turn<B>>,
): AsyncGenerator<OpenTurn<B>, void, undefined> {
  let asked: Promise<IteratorResult<Turn<B>>> | undefined;
  const ask = (): Promise<IteratorResult<Turn<B>>> => {
    asked ??= turns.next();
    // Who asked may have left; the loop hears of a failure when it goes on.
    asked.catch(() => undefined);
    return asked;
  };
  try {
    for (;;) {
      const found = await ask();
      if (found.done === true) return;
      asked = undefined;
      const turn = found.value;
      try {
        yield {
          epoch: turn.epoch,
          batch: turn.batch,
          following: async () => {
            turn.isKept = true;
            const next = await ask();
            return next.done === true ? undefined : next.value;
          },
        };
      } finally {
        if (turn.isKept) disposeBatch(turn.batch);
      }
    }
  } finally {
    await turns.return(undefined);
  }
}
