import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { key, type Params } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import { warmupCosine } from '../schedules';
import { disposeState, type TrainState } from '../step';
import { contrastive, dotFusion, linearEncoder, vectorSource } from '../tiny.testing';
import { train, type TrainOptions } from '../train';
import { listCheckpoints, loadCheckpoint, saveCheckpoint } from './checkpoints';
import { openRun, readMetrics, readRun } from './run-directory';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-run-'));
});
afterEach(() => rm(folder, { recursive: true }));

function options(
  extra: Partial<TrainOptions<Tensor2D, Tensor2D>> = {},
): TrainOptions<Tensor2D, Tensor2D> {
  return {
    model: jointModel({
      image: linearEncoder('linear', 3),
      text: linearEncoder('linear', 3),
      fusion: dotFusion,
    }),
    loss: contrastive,
    optimizer: adamW({ learningRate: 0.05, schedule: warmupCosine({ warmup: 2, steps: 6 }) }),
    // Two batches an epoch: step 3 lies within one.
    data: vectorSource(10),
    steps: 6,
    key: key(1),
    ...extra,
  };
}

const values = (tree: Params): Record<string, number[]> =>
  Object.fromEntries(Object.entries(tree).map(([path, value]) => [path, [...value.dataSync()]]));

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

      const second = await openRun(join(folder, 'parts'));
      const start = (await second.resume())!;
      expect(start.step).toBe(at);
      const result = await train(
        options({ start, log: second.log, checkpoint: second.checkpoint }),
      );
      disposeState(start);
      expect(bits(result)).toEqual(bits(expected));
      expect(bits((await loadCheckpoint(join(folder, 'parts/checkpoints')))!)).toEqual(
        bits(expected),
      );
      const figures = async (path: string) =>
        (await readMetrics(path)).map((record) => ({ ...record, seconds: 0, dataSeconds: 0 }));
      expect(await figures(second.path)).toEqual(await figures(whole.path));
      disposeState(result);
      disposeState(expected);
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
    await appendFile(join(folder, 'metrics.jsonl'), '{"kind":"st');
    const state = await (await openRun(folder)).resume();
    expect(state!.step).toBe(2);
    expect((await readMetrics(folder)).map(({ step }) => step)).toEqual([1, 2]);
    expect(await readRun(folder)).toEqual({ seed: 0 });
    disposeState(state!);
  });

  it('has nothing to resume when new', async () => {
    const run = await openRun(join(folder, 'a/b'));
    expect(await run.resume()).toBeUndefined();
    expect(await readMetrics(run.path)).toEqual([]);
  });
});

describe('checkpoints', () => {
  it('keeps the newest and counts only complete ones', async () => {
    const result = await train(options({ steps: 1 }));
    for (const step of [1, 2, 3, 4]) await saveCheckpoint(folder, { ...result, step }, { keep: 3 });
    await writeFile(join(folder, 'step-00000009.params.safetensors'), 'half');
    expect(await listCheckpoints(folder)).toEqual([2, 3, 4]);
    expect(await listCheckpoints(join(folder, 'nowhere'))).toEqual([]);
    const loaded = (await loadCheckpoint(folder, 3))!;
    expect(bits(loaded)).toEqual(bits({ ...result, step: 3 }));
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    [result, loaded].forEach(disposeState);
  });
});
