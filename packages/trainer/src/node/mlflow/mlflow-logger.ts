import { basename, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError, DataError } from '@crossweave/core';
import {
  anyOf,
  boolean,
  checkOptions,
  number,
  recordOf,
  requireText,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { makeFolder } from '@crossweave/core/node';
import type { RunLogger } from '../../records';
import { scalarsOf } from '../../scalars';
import { allowedName, openTrackedRun } from './open-run';
import { trackingServer, TrackingError } from './tracking-server';

export interface MlflowOptions {
  /** Address of the tracking server, `http://localhost:5000`. */
  readonly url: string;
  /** Name of the experiment, which is made when it is not there. Default `crossweave`. */
  readonly experiment?: string;
  /** Name of a new MLflow run. Default: the last part of the folder's path. */
  readonly runName?: string;
  /** Logged once as the parameters of a new MLflow run; text is cut at 6,000 characters. Default none. */
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** Sent with every request, an `authorization` among them. Default none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds for which metrics are gathered before they are sent, > 0. Default 5. */
  readonly every?: number;
}

/** How MLflow shows a run that has ended. */
export type MlflowStatus = 'FINISHED' | 'FAILED' | 'KILLED';

/** A {@link RunLogger} that sends metrics to a tracking server. */
export interface MlflowLogger extends RunLogger {
  /** MLflow's id of the run. */
  readonly runId: string;
  readonly log: RunLogger['log'];
  /**
   * Sends what waits and ends the MLflow run; a second call does nothing.
   *
   * @throws DataError when metrics could not be delivered.
   */
  readonly end: (status: MlflowStatus) => Promise<void>;
  /** `end('FINISHED')`. */
  readonly close: () => Promise<void>;
}

const checks: Checks<MlflowOptions> = {
  url: text(),
  experiment: text(),
  runName: text(),
  params: recordOf(
    anyOf({ ...text(), accepts: (x) => typeof x === 'string' }, number(), boolean()),
  ),
  headers: recordOf(text()),
  every: number({ above: 0, max: 3600 }),
};

/** The limit of the interface on one request. */
const mostMetrics = 1000;
/** So many wait for a server that does not answer: some ten thousand steps. */
const mostWaiting = 300_000;
/** Seconds between the attempts to deliver the rest at the end. */
const lastPauses = [0.5, 1, 2];

/**
 * Logs the {@link scalarsOf} records as metrics of an MLflow run, over MLflow's REST interface. The
 * folder of the run remembers the MLflow run in `mlflow.json`: a run that goes on is logged to the same
 * one, and steps that the server has are not sent twice. Characters that MLflow does not allow in names
 * become `_`.
 *
 * Metrics are sent in the background. While the server does not answer they wait and training goes on;
 * what it refuses ends the training at the next record, and what could not be delivered at the end is
 * an error of `end`. `metrics.jsonl` has all of them in any case.
 *
 * ```ts
 * const tracker = await mlflowLogger('runs/a', { url: 'http://localhost:5000' });
 * await using run = await openRun('runs/a', { loggers: [tracker] });
 * ```
 *
 * @param folder the run's; made when it is not there.
 * @throws ConfigError for a wrong option; TrackingError when the server refuses or does not answer now.
 */
export async function mlflowLogger(folder: string, options: MlflowOptions): Promise<MlflowLogger> {
  const where = 'mlflowLogger';
  requireText(where, 'folder', folder);
  checkOptions(where, options, checks, ['url']);
  const { url, experiment = 'crossweave', params = {}, headers, every = 5 } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    const expected = 'an address that begins with http:// or https://';
    throw new ConfigError('"url" is no address of a server', { where, expected, got: url });
  }
  const server = trackingServer(url, headers);
  await makeFolder(folder);
  const runName = options.runName ?? basename(resolve(folder));
  const { runId, lastSteps } = await openTrackedRun(server, folder, {
    ...{ url, experiment, runName, params },
  });
  return sender(runId, lastSteps, every, async (path, body) => {
    await server(path, { body });
  });
}

interface Metric {
  readonly key: string;
  /** JSON has no NaN and no infinities; the interface reads them from text. */
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

function sender(
  runId: string,
  lastSteps: ReadonlyMap<string, number>,
  every: number,
  post: (path: string, body: object) => Promise<void>,
): MlflowLogger {
  const waiting: Metric[] = [];
  let timer: NodeJS.Timeout | undefined;
  let refused: unknown;
  let ended: Promise<void> | undefined;
  let sending = Promise.resolve();

  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const metrics = waiting.slice(0, mostMetrics);
      await post('runs/log-batch', { run_id: runId, metrics });
      waiting.splice(0, metrics.length);
    }
  };
  const sendLater = (): void => {
    timer ??= setTimeout(() => {
      sending = sendAll()
        .catch((error: unknown) => {
          if (!isTemporary(error)) refused = error;
        })
        .finally(() => {
          timer = undefined;
          if (waiting.length > 0 && refused === undefined && ended === undefined) sendLater();
        });
    }, every * 1000).unref();
  };
  const finish = async (status: MlflowStatus): Promise<void> => {
    clearTimeout(timer);
    await sending;
    try {
      await patiently(async () => {
        await sendAll();
        await post('runs/update', { run_id: runId, status, end_time: Date.now() });
      });
    } catch (cause) {
      throw new DataError(`${waiting.length} metrics did not reach the MLflow server`, {
        where: `the MLflow run ${runId}`,
        got: cause instanceof Error ? cause.message : String(cause),
        advice: 'metrics.jsonl in the folder of the run has all of them.',
        cause,
      });
    }
  };
  const end = (status: MlflowStatus): Promise<void> => (ended ??= finish(status));
  return {
    runId,
    log(record) {
      if (refused !== undefined) throw refused as Error;
      const timestamp = Date.now();
      for (const [name, value] of Object.entries(scalarsOf(record))) {
        const key = allowedName(name);
        // A run that goes on from a checkpoint repeats the steps after it, with the same numbers.
        if ((lastSteps.get(key) ?? -1) >= record.step) continue;
        const sent = Number.isFinite(value) ? value : String(value);
        waiting.push({ key, value: sent, timestamp, step: record.step });
      }
      if (waiting.length > mostWaiting) {
        throw new DataError('the MLflow server has not answered for too long', {
          where: `the MLflow run ${runId}`,
          got: `${waiting.length} metrics that wait`,
          advice: 'Start the server again, then the run: it goes on from its checkpoint.',
        });
      }
      sendLater();
    },
    end,
    close: () => end('FINISHED'),
  };
}

/** Once more after each of the last pauses, where the failure may pass. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (const pause of lastPauses) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isTemporary(error)) throw error;
      await wait(1000 * pause);
    }
  }
  await work();
}

function isTemporary(error: unknown): boolean {
  return error instanceof TrackingError && error.temporary;
}
