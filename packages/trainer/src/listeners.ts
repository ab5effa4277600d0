import type { TrainOptions } from './options';
import type { TrainRecord } from './records';

/** Those that get the records of a run. */
export interface Listeners {
  /** @throws what a listener throws, or what one has failed with meanwhile. */
  tell(record: TrainRecord): void;
  /** Waits for listeners that return promises. @throws as `tell`. */
  settled(): Promise<void>;
}

type Heard = Pick<TrainOptions<unknown, unknown>, 'run' | 'log' | 'loggers'>;

/** Tells `run`, `log` and `loggers`, of which each may be an async function. */
export function listenersOf({ run, log, loggers = [] }: Heard): Listeners {
  let pending: Promise<unknown> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const hear = (answer: unknown): void => {
    if (!(answer instanceof Promise)) return;
    const heard = answer.catch((error: unknown) => {
      failure ??= { error };
    });
    pending = Promise.all([pending, heard]);
  };
  const requireAll = (): void => {
    if (failure !== undefined) throw failure.error;
  };
  return {
    tell(record) {
      requireAll();
      run?.log(record);
      hear(log?.(record));
      for (const logger of loggers) hear(logger.log(record));
    },
    async settled() {
      await pending;
      requireAll();
    },
  };
}
