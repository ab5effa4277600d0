import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fileError } from '@crossweave/core/node';
import { checkOptions, callback, requireText } from '@crossweave/core/authoring';
import type { RunLogger } from '../../records';
import { scalarsOf } from '../../scalars';
import { eventFile, recordOf, type Event } from './event';

export interface TensorBoardOptions {
  /** Milliseconds since 1970. Default the clock's. */
  readonly now?: () => number;
}

/**
 * Writes the {@link scalarsOf} records as TensorBoard's event files (`tensorboard --logdir FOLDER`). A
 * run that goes on gets a file of its own; TensorBoard then takes its steps in the place of those that
 * are repeated.
 *
 * ```ts
 * await using run = await openRun('runs/a', { loggers: [tensorBoardLogger('runs/a')] });
 * ```
 *
 * @param folder is there already.
 * @throws ConfigError for a wrong option; from `log`, DataError when the file cannot be written.
 */
export function tensorBoardLogger(folder: string, options: TensorBoardOptions = {}): RunLogger {
  requireText('tensorBoardLogger', 'folder', folder);
  checkOptions('tensorBoardLogger', options, { now: callback('() => milliseconds') });
  const { now = Date.now } = options;
  const seconds = String(Math.floor(now() / 1000)).padStart(10, '0');
  const name = `${eventFile}${seconds}.${hostname()}.${process.pid}.${count++}`;
  const path = join(resolve(folder), name);
  let begun = false;
  const write = (event: Omit<Event, 'wallTime'>): void => {
    try {
      appendFileSync(path, recordOf({ wallTime: now() / 1000, ...event }));
    } catch (cause) {
      throw fileError('an event of the run cannot be written', path, cause);
    }
  };
  return {
    log(record) {
      const scalars = scalarsOf(record);
      if (Object.keys(scalars).length === 0) return;
      if (!begun) {
        begun = true;
        write({ fileVersion: 'brain.Event:2' });
        write({ step: record.step, isStart: true });
      }
      write({ step: record.step, scalars });
    },
  };
}

/** Two loggers of one second in one process have names of their own. */
let count = 0;
