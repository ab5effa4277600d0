import { appendFile, cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, FileFormatError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { LockError, lockFolder } from '@crossweave/core/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adamW } from '../optimizers/adamw';
import { warmupCosine } from '../schedules/warmup';
import { disposeState, type TrainState } from '../state';
import type { TrainOptions } from '../options';
import { train } from '../train';
import { options as tinyRun, values } from '../train.testing';
import { loadTrainingState } from './checkpoints';
import { checksumOf, RunMismatchError } from './identity';
import { readMetrics } from './metrics';
import { openRun, type RunOptions } from './run-directory';
import { readRun } from './run-record';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-run-'));
});
afterEach(() => rm(folder, { recursive: true }));

testOptions(
  'openRun',
  async (extra) => (await openRun(folder, extra)).close(),
  { describe, it },
  { anyValue: ['identity', 'description'] },
);

function options(
  extra: Partial<TrainOptions<Tensor2D, Tensor2D>> = {},
): TrainOptions<Tensor2D, Tensor2D> {
  // Two batches an epoch: step 3 lies within one.
  const schedule = warmupCosine({ warmup: 2, steps: 6 });
  return tinyRun({ optimizer: adamW({ learningRate: 0.05, schedule }), ...extra });
}

const bits = ({ step, params, optimizer }: TrainState) => ({
  step,
  params: values(params),
  optimizer: values(optimizer),
});

describe('openRun', () => {
  it.each([2, 3, 5])(
    'a run ended at step %i and opened again ends with the same bits and records',
    async (at) => {
      const whole = await openRun(join(folder, 'whole'));
      const expected = await train(options({ log: whole.log, checkpoint: whole.checkpoint }));

      const first = await openRun(join(folder, 'parts'));
      const abort = new AbortController();
      const log: typeof first.log = (record) => {
        first.log(record);
        if (record.step === at) abort.abort();
      };
      const { checkpoint } = first;
      disposeState(await train(options({ log, checkpoint, signal: abort.signal })));
      await first.close();

      const second = await openRun(join(folder, 'parts'));
      const start = (await second.resume())!;
      expect(start.step).toBe(at);
      const result = await train(
        options({ start, log: second.log, checkpoint: second.checkpoint }),
      );
      disposeState(start);
      expect(bits(result)).toEqual(bits(expected));
      expect(bits((await loadTrainingState(join(folder, 'parts/checkpoints')))!)).toEqual(
        bits(expected),
      );
      const figures = async (path: string) =>
        (await readMetrics(path)).map((record) => ({ ...record, seconds: 0, dataSeconds: 0 }));
      expect(await figures(second.path)).toEqual(await figures(whole.path));
      disposeState(result);
      disposeState(expected);
      await whole.close();
      await second.close();
    },
  );

  it('drops records of steps after the checkpoint, and a line cut short', async () => {
    const run = await openRun(folder, { description: { seed: 0 } });
    const abort = new AbortController();
    const log: typeof run.log = (record) => {
      run.log(record);
      if (record.step === 3) abort.abort();
    };
    disposeState(
      await train(
        options({ log, checkpointEvery: 2, checkpoint: run.checkpoint, signal: abort.signal }),
      ),
    );
    await rm(join(folder, 'checkpoints/step-00000003.optimizer.safetensors'));
    await run.close();
    await appendFile(join(folder, 'metrics.jsonl'), '{"kind":"st');
    await using again = await openRun(folder);
    const state = await again.resume();
    expect(state!.step).toBe(2);
    expect((await readMetrics(folder)).map(({ step }) => step)).toEqual([1, 2]);
    expect(await readRun(folder)).toEqual({ seed: 0 });
    disposeState(state!);
  });

  it('has nothing to resume when new', async () => {
    await using run = await openRun(join(folder, 'a/b'));
    expect(await run.resume()).toBeUndefined();
    expect(await readMetrics(run.path)).toEqual([]);
  });
});

const identity = { config: { steps: 6, rate: { image: 1e-3 } }, data: checksumOf('captions') };

/** Trains one step in the folder. */
async function trainOne(given: RunOptions): Promise<void> {
  await using run = await openRun(folder, given);
  const { log, checkpoint } = run;
  disposeState(await train(options({ steps: 1, log, checkpoint })));
}

describe('a run with an identity', () => {
  it('is opened by an equal one, whatever else changes, and keeps what it said first', async () => {
    await trainOne({ identity, description: { node: 'v20' } });
    const first = await readFile(join(folder, 'run.json'), 'utf8');
    const reordered = { data: identity.data, config: { rate: { image: 1e-3 }, steps: 6 } };
    await using run = await openRun(folder, { identity: reordered, description: { node: 'v22' } });
    const state = (await run.resume())!;
    expect(state.step).toBe(1);
    disposeState(state);
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toBe(first);
    expect(await readRun(folder)).toMatchObject({ node: 'v20', identity });
  });

  it.each([
    [{ config: { steps: 7, rate: { image: 1e-3 } } }, 'config.steps: 6 → 7'],
    [{ config: { steps: 6, rate: { image: 0 } } }, 'config.rate.image: 0.001 → 0'],
    [{ config: { steps: 6, rate: {} } }, 'config.rate.image: 0.001 → nothing'],
    [{ data: checksumOf('others') }, /data changed: fingerprint sha256:\w{12} → sha256:\w{12}/],
    [
      { config: undefined, more: [1] },
      'config: {"steps":6,"rate":{"image":0.001}} → nothing; more: nothing → [1]',
    ],
  ])('refuses %j and names both values', async (change, message) => {
    await trainOne({ identity });
    const error: unknown = await openRun(folder, { identity: { ...identity, ...change } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RunMismatchError);
    expect(String(error)).toMatch(message);
    // And the folder is free again.
    await (await openRun(folder, { identity })).close();
  });

  it('refuses a record that was edited, damaged, or made without an identity', async () => {
    await trainOne({ identity });
    const text = await readFile(join(folder, 'run.json'), 'utf8');
    for (const edited of [
      text.replace('"steps": 6', '"steps": 5'),
      '[]',
      '{"run":',
      '{"checksum":1}',
    ]) {
      await writeFile(join(folder, 'run.json'), edited);
      await expect(openRun(folder, { identity })).rejects.toThrow(FileFormatError);
      await expect(readRun(folder)).rejects.toThrow(FileFormatError);
    }
    await writeFile(join(folder, 'run.json'), '{"seed": 0}');
    await expect(openRun(folder, { identity })).rejects.toThrow('does not say what it depends on');
  });

  it('leaves nothing of a run that made no step, and lets another take the place of one killed then', async () => {
    const path = join(folder, 'new');
    const run = await openRun(path, { identity });
    expect(await readdir(path)).toEqual(['.crossweave.lock', 'checkpoints', 'run.json']);
    await run.resume();
    run.log({ kind: 'evaluation', step: 0, metrics: {} });
    await cp(path, folder, { recursive: true });
    await run.close();
    expect(await readdir(folder)).not.toContain('new');

    await rm(join(folder, '.crossweave.lock'));
    await trainOne({ identity: { ...identity, data: checksumOf('others') } });
    expect((await readRun(folder)).identity).toEqual({ ...identity, data: checksumOf('others') });
    expect((await readMetrics(folder)).map(({ kind }) => kind)).toEqual(['step']);
  });

  it('refuses a checkpoint of another run', async () => {
    await trainOne({ identity });
    const theirs = await mkdtemp(join(folder, 'other-'));
    await cp(join(folder, 'checkpoints'), join(theirs, 'checkpoints'), { recursive: true });
    await using run = await openRun(theirs, { identity: { ...identity, seed: 1 } });
    await expect(run.resume()).rejects.toThrow('belongs to another run');
  });

  it('refuses identities that have no JSON', async () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    await expect(openRun(folder, { identity: { circular } })).rejects.toThrow(ConfigError);
    for (const entry of [() => 1, new Map([[1, 2]]), new Set([1]), Symbol('a')]) {
      await expect(openRun(folder, { identity: { config: { entry } } })).rejects.toThrow(
        /what JSON can say; got "entry" is a (function|Map|Set|symbol)/,
      );
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells numbers without JSON apart', async () => {
    await trainOne({ identity: { clip: Infinity } });
    await expect(openRun(folder, { identity: { clip: Number.NaN } })).rejects.toThrow(
      /clip: "Infinity" → "NaN"/,
    );
    await using run = await openRun(folder, { identity: { clip: Infinity } });
    expect(run.path).toBe(folder);
  });
});

describe('a run’s folder', () => {
  it('is for one at a time, and takes a lock that the caller has', async () => {
    await using lock = await lockFolder(folder);
    await expect(openRun(folder)).rejects.toThrow(LockError);
    const run = await openRun(folder, { lock });
    await run.close();
    await expect(openRun(folder)).rejects.toThrow(LockError);
  });

  it('says with a typed error that it has vanished', async () => {
    const run = await openRun(join(folder, 'gone'));
    await rm(run.path, { recursive: true });
    expect(() => run.log({ kind: 'evaluation', step: 1, metrics: {} })).toThrow(DataError);
    const state = await train(options({ steps: 1 }));
    await writeFile(run.path, 'a file in its place');
    await expect(run.checkpoint(state)).rejects.toThrow(DataError);
    await expect(run.resume()).rejects.toThrow(DataError);
    await run.close().catch((error: unknown) => expect(error).toBeInstanceOf(DataError));
    disposeState(state);
  });
});
