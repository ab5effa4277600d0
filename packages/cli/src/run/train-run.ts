import type { Tensor4D } from '@tensorflow/tfjs-core';
import { key as keyOf, subtree, type Params, type TextInput } from '@crossweave/core';
import type { PairDataset } from '@crossweave/data';
import { disposeState, train, type StepOptions, type TrainState } from '@crossweave/trainer';
import type { RunDirectory } from '@crossweave/trainer/node';
import { Interrupted, type Session } from '../command';
import type { TrainConfig } from '../config/schema';
import { evaluateModel } from '../evaluate-model';
import { batchesOf, type ModelParts } from './training';

const checkpointEvery = 50;

/** A run whose parts fit each other and whose data is decoded. */
export interface PreparedRun {
  readonly config: TrainConfig;
  readonly data: PairDataset;
  readonly parts: ModelParts;
  readonly step: StepOptions<Tensor4D, TextInput>;
  /** Parameters to begin with; stay the caller's. */
  readonly initial: Params;
  readonly run: RunDirectory;
  /** Called before each checkpoint, which is of no use without its tokenizer. */
  readonly keepTokenizer: () => Promise<void>;
}

/** Trains to the end, or goes on to it, and measures the model on the test split. */
export async function trainRun(prepared: PreparedRun, session: Session): Promise<object> {
  const { config, data, step, initial, run, keepTokenizer } = prepared;
  const { terminal, signal } = session;
  const { steps, onNonFinite } = config.training;
  const start = await run.resume();
  if (start !== undefined) terminal.note(`Continuing after step ${start.step}.`);
  const progress = terminal.progress('Training');
  const state = await train({
    ...step,
    initial,
    data: batchesOf(config, data.split(config.data.train)),
    steps,
    onNonFinite,
    key: keyOf(config.seed),
    signal,
    ...(start && { start }),
    checkpoint: async (current) => {
      await keepTokenizer();
      await run.checkpoint(current);
    },
    checkpointEvery,
    log: (record) => {
      run.log(record);
      if (record.kind === 'step') {
        progress.update(record.step, steps, `loss ${record.loss.toFixed(3)}`);
      }
      if (record.kind === 'warning') terminal.note(`Warning: ${record.message} ${record.advice}`);
    },
  }).finally(() => {
    if (start !== undefined) disposeState(start);
  });
  try {
    if (state.interrupted) {
      throw new Interrupted(
        `Stopped after step ${state.step} of ${steps}. The same command continues there.`,
      );
    }
    progress.done();
    const metrics = await measure(prepared, state, session);
    return { steps: state.step, skipped: state.skipped, split: config.data.test, metrics };
  } finally {
    disposeState(state);
  }
}

function measure(
  { config, data, parts }: PreparedRun,
  { params }: TrainState,
  { terminal, signal }: Session,
): Promise<Readonly<Record<string, number>>> {
  return evaluateModel({
    split: data.split(config.data.test),
    ...parts,
    params: (part) => subtree(params, `${part}.`),
    terminal,
    signal,
  });
}
