import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, key, type Params } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import { warmupCosine } from '../schedules/warmup';
import { disposeState, type TrainState } from '../state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from '../tiny.testing';
import { loadTrainingState } from './checkpoints';
import { RunMismatchError } from './identity';
import { readMetrics } from './metrics';
import { train as trainWith } from '../train';
import { readPlan } from './plan';
import { openRun } from './run-directory';
import { train, type NodeTrainOptions } from './train';

type Options = NodeTrainOptions<Tensor2D, Tensor2D>;

let folder = '';
let tensors = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-run-'));
  tensors = memory().numTensors;
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  expect(memory().numTensors).toBe(tensors);
});

const model = jointModel({
  image: linearEncoder('linear', 3),
  text: linearEncoder('linear', 3),
  fusion: dotFusion,
});
const options = (extra: Partial<Options> = {}) => ({
  ...{ model, loss: contrastive, data: vectorSource(10), steps: 6, key: key(1) },
  optimizer: adamW({ learningRate: 0.05 }),
  run: join(folder, 'a'),
  ...extra,
});

const values = (params: Params = {}): Record<string, number[]> =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, [...value.dataSync()]]));

async function finished(extra: Partial<Options> = {}): Promise<{
  step: number;
  params: Record<string, number[]>;
  average: Record<string, number[]>;
  stoppedEarly: boolean;
  interrupted: boolean;
}> {
  const state = await train(options(extra));
  const { step, stoppedEarly, interrupted } = state;
  const [params, average] = [values(state.params), values(state.average)];
  disposeState(state);
  return { step, params, average, stoppedEarly, interrupted };
}

const steps = async (name = 'a'): Promise<number[]> =>
  (await readMetrics(join(folder, name))).flatMap(({ kind, step }) =>
    kind === 'step' ? [step] : [],
  );

testOptions(
  'train over a folder',
  (extra: never) => train(options(extra)).then(disposeState),
  { describe, it },
  { anyText: ['run'] },
);

describe('a run in one option', () => {
  it('opens, logs and saves, and does nothing the second time', async () => {
    const first = await finished();
    expect(await steps()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await readdir(join(folder, 'a'))).toContain('run.json');
    expect(await finished()).toEqual(first);
    expect(await steps()).toHaveLength(6);
  });

  it('goes on with the same bits after a stop at any moment', async () => {
    const average = { decay: 0.9 };
    const whole = await finished({ run: join(folder, 'whole'), average });
    const stop = new AbortController();
    const log = ({ step }: { step: number }): unknown => step === 3 && stop.abort();
    const part = await finished({ average, log, signal: stop.signal });
    expect(part).toMatchObject({ step: 3, interrupted: true });
    const rest = await finished({ average });
    expect(rest).toEqual(whole);
    expect(Object.keys(rest.average)).toContain('image.weight');
    expect(rest.average['image.weight']).not.toEqual(rest.params['image.weight']);
    expect(await steps()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('refuses another run, and names what differs', async () => {
    await finished();
    await expect(train(options({ key: key(2) }))).rejects.toThrow(RunMismatchError);
    const other = options({ data: vectorSource(13) });
    await expect(train(other)).rejects.toThrow(/batchesPerEpoch: 2 → 3/);
    const named = options({ run: { path: join(folder, 'a'), identity: { config: 1 } } });
    await expect(train(named)).rejects.toThrow(RunMismatchError);
  });

  it('refuses parts that were made otherwise, and names the setting', async () => {
    await finished();
    const slower = options({ optimizer: adamW({ learningRate: 0.01 }) });
    await expect(train(slower)).rejects.toThrow(RunMismatchError);
    await expect(train(slower)).rejects.toThrow(
      /settings\.optimizer\.settings\.learningRate: 0\.05 → 0\.01/,
    );
    const other = withConfig('contrastive', { temperature: 0.1 }, { ...contrastive });
    await expect(train(options({ loss: other }))).rejects.toThrow(/settings\.loss: nothing →/);
  });

  it('takes a run that is open, and leaves it open', async () => {
    await using run = await openRun(join(folder, 'a'));
    await finished({ run });
    expect(await steps()).toHaveLength(6);
    await finished({ run });
    const start = await run.resume();
    await expect(train(options({ run, start: start! }))).rejects.toThrow(/"run" and "start"/);
    disposeState(start!);
  });
});

describe('a finished run', () => {
  const cosine = (steps: number): Partial<Options> => ({
    steps,
    optimizer: adamW({ learningRate: 0.05, schedule: warmupCosine({ warmup: 2, steps }) }),
  });

  it('is extended when told to, from then on as a run of so many steps', async () => {
    await finished(cosine(6));
    await expect(train(options(cosine(10)))).rejects.toThrow(/steps: 6 → 10.*--extend 10/s);
    const longer = await finished({ ...cosine(10), extend: true });
    expect(longer.step).toBe(10);
    expect(await readPlan(join(folder, 'a'))).toEqual({
      steps: 10,
      extended: [{ from: 6, to: 10 }],
    });
    const rates = (await readMetrics(join(folder, 'a'))).flatMap((record) =>
      record.kind === 'step' ? [record.learningRates['']!] : [],
    );
    const [short, long] = [6, 10].map((steps) => warmupCosine({ warmup: 2, steps }));
    expect(rates).toEqual(Array.from({ length: 10 }, (_, i) => 0.05 * (i < 6 ? short! : long!)(i)));
    // Begun again it is a run of 10 steps, and one of 6 no more.
    expect((await finished({ ...cosine(10), extend: true })).step).toBe(10);
    await expect(train(options(cosine(6)))).rejects.toThrow(/made for 10 steps/);
  });

  it('needs a run to be extended', async () => {
    const alone = { ...options({ extend: true }), run: undefined as never };
    await expect(train(alone)).rejects.toThrow(/"run" has a value/);
    await expect(trainWith(alone)).rejects.toThrow(ConfigError);
  });
});

describe('the best state', () => {
  const scores = [1, 5, 3, 2, 4, 0];
  const judged: Partial<Options> = {
    evaluate: ({ step }: TrainState) => Promise.resolve({ score: scores[step - 1]! }),
    evaluateEvery: 1,
    checkpointEvery: 1,
    best: { metric: 'score' },
  };

  it('is kept beside the newest', async () => {
    await finished(judged);
    const checkpoints = join(folder, 'a', 'checkpoints');
    const best = (await loadTrainingState(checkpoints, { step: 'best' }))!;
    const last = (await loadTrainingState(checkpoints))!;
    expect([best.step, last.step]).toEqual([2, 6]);
    expect(last.memory?.best).toEqual({ metric: 'score', value: 5, step: 2, since: 4 });
    expect(values(best.params)).not.toEqual(values(last.params));
    [best, last].forEach(disposeState);
    const kept = (await readdir(checkpoints)).filter((name) => name.includes('params'));
    expect(kept.map((name) => Number(/\d+/.exec(name)![0]))).toEqual([2, 5, 6]);
  });

  it('ends training when none better comes, also after a stop', async () => {
    const patient = { ...judged, best: { metric: 'score', patience: 2 } } as const;
    const stop = new AbortController();
    const log = (record: { step: number; kind: string }): unknown =>
      record.kind === 'evaluation' && record.step === 3 && setImmediate(() => stop.abort());
    await finished({ ...patient, log, signal: stop.signal });
    const ended = await finished(patient);
    expect(ended).toMatchObject({ step: 4, stoppedEarly: true, interrupted: false });
    expect(await finished(patient)).toEqual(ended);
  });

  it('is refused from a memory that was damaged', async () => {
    await finished(judged);
    const checkpoints = join(folder, 'a', 'checkpoints');
    const file = join(checkpoints, 'step-00000006.optimizer.safetensors');
    const bytes = await readFile(file);
    const at = bytes.indexOf('since');
    await writeFile(
      file,
      Buffer.concat([bytes.subarray(0, at), Buffer.from('sinks'), bytes.subarray(at + 5)]),
    );
    await expect(loadTrainingState(checkpoints)).rejects.toThrow(/memory of the run is damaged/);
  });

  it('is asked for by a metric there is', async () => {
    const wrong = { ...judged, best: { metric: 'scores' } };
    await expect(train(options(wrong))).rejects.toThrow(/no metric "scores".*one of score/s);
    const none = await loadTrainingState(join(folder, 'nowhere'), { step: 'best' });
    expect(none).toBeUndefined();
    await finished({ run: join(folder, 'b') });
    const asked = loadTrainingState(join(folder, 'b', 'checkpoints'), { step: 'best' });
    await expect(asked).rejects.toThrow(/no best state/);
  });
});
