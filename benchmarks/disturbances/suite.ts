import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { key, type PooledFeatures } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import {
  DivergenceError,
  adamW,
  checkState,
  disposeState,
  type TrainOptions,
  type TrainRecord,
} from '@crossweave/trainer';
import { loadTrainingState, train } from '@crossweave/trainer/node';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loss, model, source, type Disturbance } from './model';

const usage = `npm run bench -- disturbances

Trains a small contrast for 300 steps. The batch of step 200 is disturbed: NaN in the data, a gradient
that is not finite under a finite loss, texts of other images in four batches. For each policy: what
the run says, the step of the last state on disk and whether all of it is finite, and the mean loss of
the 20 steps from step 204 on, beside that of the run without a disturbance.`;

const steps = 300;
const at = 200;

type Policy = Pick<TrainOptions<Tensor2D, Tensor2D, PooledFeatures>, 'onNonFinite' | 'spikes'>;

const policies: Readonly<Record<string, Policy>> = {
  'stop (default)': {},
  skip: { onNonFinite: 'skip' },
  'halve the rate': { onNonFinite: { halveRate: true } },
  'spikes: {}': { spikes: {} },
};

const rows: readonly (readonly [Disturbance, string])[] = [
  ['none', 'stop (default)'],
  ...['stop (default)', 'skip', 'halve the rate'].flatMap((policy) =>
    (['NaN in the data', 'infinite gradient'] as const).map((kind) => [kind, policy] as const),
  ),
  ['wrong texts', 'stop (default)'],
  ['wrong texts', 'spikes: {}'],
];

export async function disturbancesSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  await useEngine('onnx:cpu');
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-disturbances-'));
  try {
    console.log(
      '| disturbance | policy | the run says | last state on disk | loss of 20 steps after |',
    );
    console.log('| --- | --- | --- | --- | --- |');
    for (const [i, [kind, policy]] of rows.entries()) {
      const cells = await disturbedRun(join(folder, String(i)), kind, policies[policy]!);
      console.log(`| ${[kind, policy, ...cells].join(' | ')} |`);
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What was said, the state on disk, and the loss in the end. */
async function disturbedRun(run: string, kind: Disturbance, policy: Policy): Promise<string[]> {
  const records: TrainRecord[] = [];
  const optimizer = adamW({ learningRate: 0.01 });
  let failure: DivergenceError | undefined;
  try {
    const state = await train({
      ...{ model, loss, optimizer, steps, run, key: key(0), data: source(kind, at), ...policy },
      ...{ checkpointEvery: 50, balance: false },
      log: (record) => records.push(record),
    });
    disposeState(state);
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    failure = error;
    disposeState(error.state);
  }
  const saved = await loadTrainingState(join(run, 'checkpoints'));
  if (saved === undefined) throw new Error('nothing was saved');
  // It refuses what is not finite.
  await checkState({ model, loss, optimizer }, saved);
  const onDisk = `step ${saved.step}, finite`;
  disposeState(saved);
  const said = records.filter(({ kind: what }) => what !== 'step').map(inWords);
  const after = records.flatMap((record) =>
    record.kind === 'step' && record.step >= at + 4 && record.step < at + 24 ? [record.loss] : [],
  );
  const mean = after.reduce((sum, each) => sum + each, 0) / after.length;
  return [
    failure?.message.split('\n')[0] ?? (said.length === 0 ? '–' : said.join('; ')),
    onDisk,
    failure === undefined ? mean.toFixed(3) : '–',
  ];
}

function inWords(record: TrainRecord): string {
  if (record.kind === 'skipped') {
    const { step, tensor, rateFactor } = record;
    const rates = rateFactor === undefined ? '' : `, rates times ${rateFactor}`;
    return `step ${step} left out: ${tensor}${rates}`;
  }
  if (record.kind === 'rollback') {
    const { step, loss: found, bound, to } = record;
    return `step ${step}: loss ${found.toFixed(2)} above ${bound.toFixed(2)}, back to step ${to}`;
  }
  return record.kind === 'warning' ? record.message : record.kind;
}
