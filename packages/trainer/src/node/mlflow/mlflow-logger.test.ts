import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError, DataError, FileFormatError } from '@crossweave/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TrainRecord } from '../../records';
import { openRun } from '../run-directory';
import { mlflowLogger, type MlflowLogger, type MlflowOptions } from './mlflow-logger';
import { fakeTracking, type TrackingState } from './tracking-server.testing';
import { TrackingError } from './tracking-server';

let folder = '';
let server: TrackingState;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-mlflow-'));
  server = await fakeTracking();
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Metrics are sent at once unless a test says otherwise. */
const logger = (extra: Partial<MlflowOptions> = {}): Promise<MlflowLogger> =>
  mlflowLogger(join(folder, 'run-a'), { url: server.url, every: 0.001, ...extra });

const step = (at: number, loss = 1 / at): TrainRecord => ({
  ...{ kind: 'step', step: at, epoch: 0, loss, terms: { 'r@1': 0.5 }, gradientNorm: 3 },
  ...{ learningRates: { '': 1e-3 }, seconds: 0.5, dataSeconds: 0 },
});

const lossesOf = (id: string): unknown[] =>
  server.runs[id]!.metrics.flatMap(({ key, step, value }) =>
    key === 'loss' ? [[step, value]] : [],
  );

/** Until the server has what is expected; fails by the test's own limit. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await wait(2);
}

it('makes an experiment and a run with its parameters, and sends every number', async () => {
  const params = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`p${i}`, i]));
  const tracker = await logger({ params, experiment: 'pairs', headers: { authorization: 'x' } });
  expect(server.experiments).toEqual(['pairs']);
  const run = server.runs[tracker.runId]!;
  expect(run).toMatchObject({ name: 'run-a', status: 'RUNNING' });
  expect(Object.keys(run.params)).toHaveLength(130);
  expect(run.params['p7']).toBe('7');
  tracker.log(step(1, 0.25));
  await until(() => run.metrics.length > 0);
  tracker.log({ kind: 'evaluation', step: 1, metrics: { 'retrieval.i2t.r1': 0.5, odd: NaN } });
  tracker.log({ kind: 'warning', step: 1, epoch: 0, message: 'no number', advice: '' });
  await tracker.close();
  expect(run.metrics).toEqual([
    { key: 'loss', value: 0.25, step: 1 },
    { key: 'terms/r_1', value: 0.5, step: 1 },
    { key: 'gradient_norm', value: 3, step: 1 },
    { key: 'learning_rate/all', value: 1e-3, step: 1 },
    { key: 'seconds', value: 0.5, step: 1 },
    { key: 'evaluation/retrieval.i2t.r1', value: 0.5, step: 1 },
    { key: 'evaluation/odd', value: 'NaN', step: 1 },
  ]);
  expect(run.status).toBe('FINISHED');
  expect(server.requests.every(({ headers }) => headers.authorization === 'x')).toBe(true);
});

it('sends no more metrics in one request than the interface takes', async () => {
  const tracker = await logger({ every: 60 });
  for (let at = 1; at <= 450; at++) tracker.log(step(at));
  await tracker.end('KILLED');
  await tracker.close();
  expect(lossesOf(tracker.runId)).toHaveLength(450);
  expect(server.runs[tracker.runId]!.status).toBe('KILLED');
  expect(server.requests.filter(({ path }) => path === 'runs/log-batch')).toHaveLength(3);
});

it('goes on with the same run and does not send a step twice', async () => {
  const path = join(folder, 'run-a');
  const first = await logger();
  const run = await openRun(path, { loggers: [first] });
  for (const at of [1, 2, 3]) run.log(step(at));
  await run.close();
  const second = await logger();
  expect(second.runId).toBe(first.runId);
  expect(server.runs[first.runId]!.status).toBe('RUNNING');
  for (const at of [2, 3, 4]) second.log(step(at, 1 / at));
  await second.close();
  expect(lossesOf(first.runId)).toEqual([1, 2, 3, 4].map((at) => [at, 1 / at]));
  expect(JSON.parse(await readFile(join(path, 'mlflow.json'), 'utf8'))).toEqual({
    ...{ url: server.url, experiment: 'crossweave', runId: first.runId },
  });

  server.runs[first.runId]!.deleted = true;
  expect((await logger()).runId).not.toBe(first.runId);
  await writeFile(join(path, 'mlflow.json'), '{"runId": 3}');
  await expect(logger()).rejects.toThrow(FileFormatError);
});

it('makes a new run for a folder without a step, and forgets one that made none', async () => {
  const first = await logger();
  const run = await openRun(join(folder, 'run-a'), { identity: { a: 1 }, loggers: [first] });
  await run.close();
  await expect(readFile(join(folder, 'run-a', 'mlflow.json'))).rejects.toThrow('ENOENT');
  const second = await logger();
  expect((await logger()).runId).not.toBe(second.runId);
});

it('keeps metrics while the server is out of order, and sends each once afterwards', async () => {
  const tracker = await logger();
  server.faults.push({ status: 503, code: 'TEMPORARILY_UNAVAILABLE' }, { status: 429, code: '' });
  for (const at of [1, 2]) tracker.log(step(at));
  await until(() => lossesOf(tracker.runId).length === 2);
  tracker.log(step(3));
  await tracker.close();
  expect(lossesOf(tracker.runId)).toEqual([1, 2, 3].map((at) => [at, 1 / at]));
});

it('ends the training at the next record after a refusal, and says what was not delivered', async () => {
  const tracker = await logger();
  server.faults.push(...[1, 2].map(() => ({ status: 400, code: 'INVALID_PARAMETER_VALUE' })));
  tracker.log(step(1));
  let said: unknown;
  await until(() => {
    try {
      tracker.log({ kind: 'evaluation', step: 0, metrics: {} });
    } catch (error) {
      said = error;
    }
    return said !== undefined;
  });
  expect(String(said)).toMatch(/refuses.*400 INVALID_PARAMETER_VALUE: no/s);
  await expect(tracker.close()).rejects.toThrow(/5 metrics did not reach.*metrics\.jsonl/s);
});

it('refuses what cannot be right before anything is trained', async () => {
  await expect(logger({ url: 'localhost:5000' })).rejects.toThrow(ConfigError);
  await expect(logger({ every: 0 })).rejects.toThrow(/"every"/);
  await expect(logger({ experimnet: 'x' } as never)).rejects.toThrow(/Did you mean "experiment"/);
  await server.close();
  const unreachable = logger();
  await expect(unreachable).rejects.toThrow(TrackingError);
  await expect(unreachable).rejects.toThrow(DataError);
  await expect(unreachable).rejects.toThrow(/ECONNREFUSED.*Check that the tracking server runs/s);
});
