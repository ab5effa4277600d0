/**
 * Shows that a run that was stopped and gone on with is read back whole by MLflow and by TensorBoard:
 *
 *   npx tsx --conditions=@crossweave/source --import ./benchmarks/source.mjs tooling/trackers.ts PYTHON
 *
 * PYTHON has mlflow and tensorboard. A tracking server with a database of its own is started; the records of
 * eight steps, two of them twice, go to it and to event files. `reference/trackers.py` reads both with the
 * libraries' own readers, and what it prints is compared with `metrics.jsonl`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { scalarsOf, type TrainRecord } from '../packages/trainer/src/index';
import { mlflowLogger, readMetrics, tensorBoardLogger } from '../packages/trainer/src/node/index';
import { appendRecord, cutRecords } from '../packages/trainer/src/node/metrics';

type Points = Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;

const [python = 'python3'] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'crossweave-trackers-'));
const script = fileURLToPath(new URL('./reference/trackers.py', import.meta.url));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const server = spawn(
  python,
  [
    ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    ...['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
    ...['--artifacts-destination', join(folder, 'artifacts')],
  ],
  { cwd: folder, stdio: 'ignore', detached: true },
);
try {
  await untilHealthy();
  await steps(1, 5);
  // As from a checkpoint of step 3: two steps are done again.
  await cutRecords(folder, 3);
  await steps(4, 8);
  const asked = execFileSync(python, [script, url, folder], { encoding: 'utf8', cwd: folder });
  const read = JSON.parse(asked.trim().split('\n').at(-1)!) as {
    readonly mlflow: Points;
    readonly tensorboard: Points;
    readonly status: string;
    readonly params: Readonly<Record<string, string>>;
  };
  const expected = pointsOf(await readMetrics(folder));
  compare('MLflow', read.mlflow, expected, 0);
  // Event files hold single precision.
  compare('TensorBoard', read.tensorboard, expected, 1e-6);
  console.log(`MLflow shows the run as ${read.status}, with ${JSON.stringify(read.params)}`);
  if (read.status !== 'FINISHED' || read.params['training.steps'] !== '8') process.exitCode = 1;
} finally {
  // The server starts workers of its own.
  if (server.pid !== undefined && server.exitCode === null) {
    process.kill(-server.pid, 'SIGTERM');
    await once(server, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
}

/** Logs some steps as `train` does, and an evaluation after each. */
async function steps(from: number, to: number): Promise<void> {
  const tracker = await mlflowLogger(folder, { url, params: { 'training.steps': 8 } });
  const loggers = [tracker, tensorBoardLogger(folder)];
  for (let step = from; step <= to; step++) {
    const records: TrainRecord[] = [
      {
        ...{ kind: 'step', step, epoch: 0, loss: 1 / step, terms: { 'info-nce': 1 / step } },
        ...{ gradientNorm: step, learningRates: { '': 1e-3, image: 2e-5 } },
        ...{ seconds: 0.5, dataSeconds: 0 },
      },
      { kind: 'evaluation', step, metrics: { 'retrieval.i2t.r1': step / 10 } },
    ];
    for (const record of records) {
      appendRecord(folder, record);
      for (const logger of loggers) logger.log(record);
    }
  }
  await tracker.close();
}

function pointsOf(records: readonly TrainRecord[]): Points {
  const points: Record<string, [number, number][]> = {};
  for (const record of records) {
    for (const [name, value] of Object.entries(scalarsOf(record))) {
      (points[name] ??= []).push([record.step, value]);
    }
  }
  return points;
}

function compare(what: string, found: Points, expected: Points, rtol: number): void {
  const wrong = Object.entries(expected).filter(([name, points]) => {
    const other = found[name] ?? [];
    return !(
      other.length === points.length &&
      points.every(([step, value], i) => {
        const [at, read] = other[i]!;
        return at === step && Math.abs(read - value) <= rtol * Math.abs(value);
      })
    );
  });
  const more = Object.keys(found).filter((name) => !(name in expected));
  const passed = wrong.length === 0 && more.length === 0;
  console.log(`${passed ? 'equal' : 'DIFFERENT'}: ${Object.keys(expected).length} series, ${what}`);
  for (const [name, points] of wrong) console.log({ name, expected: points, found: found[name] });
  if (more.length > 0) console.log({ more });
  if (!passed) process.exitCode = 1;
}

async function untilHealthy(): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`mlflow server ended with ${server.exitCode}`);
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    await wait(500);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return free;
}
