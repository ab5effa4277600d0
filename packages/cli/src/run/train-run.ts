import { join } from 'node:path';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  foldIn,
  key as keyOf,
  type FittedTask,
  type PairSplit,
  type Params,
  type TextInput,
} from '@crossweave/core';
import { writeJsonAtomic } from '@crossweave/core/node';
import type { PairDataset } from '@crossweave/data';
import {
  disposeState,
  initialParams,
  train,
  usableParams,
  type StepOptions,
  type TrainOptions,
  type TrainResult,
  type TrainState,
} from '@crossweave/trainer';
import { readMetrics, type RunDirectory } from '@crossweave/trainer/node';
import type { Session } from '../command';
import { noteOf } from './note-of';
import { mayBeMissing } from '../config/weights';
import { Interrupted } from '../interrupted';
import type { TrainConfig } from '../config/schema';
import { calibrate, type Calibration } from './calibrate';
import {
  figuresOf,
  measurable,
  measure,
  needsTraining,
  tableOf,
  type Measurement,
} from './measure';
import { given } from './given';
import { describeStream, type TrainingStream } from './stream';
import { saveTrained } from './save-trained';
import { thresholdNotes } from './thresholds';
import { batchesOf, type ModelParts } from './training';

type Figures = Readonly<Record<string, number>>;

const usualCheckpoints = 50;

/** A run whose parts fit each other and whose data is decoded. */
export interface PreparedRun {
  readonly config: TrainConfig;
  /** The pairs that are held: all, or with a stream those that are measured. */
  readonly data: PairDataset;
  /** The training pairs, where they are read while they are used. */
  readonly stream?: TrainingStream | undefined;
  readonly parts: ModelParts;
  readonly task?: FittedTask | undefined;
  readonly step: StepOptions<Tensor4D, TextInput>;
  /** Parameters to begin with; stay the caller's. */
  readonly initial: Params;
  readonly run: RunDirectory;
  /** Whether the run may get more steps than it was made for. */
  readonly extend: boolean;
  /** Called before each checkpoint, which is of no use without its tokenizer. */
  readonly keepTokenizer: () => Promise<void>;
}

/** Trains to the end, or goes on to it, and measures the model on the test split. */
export async function trainRun(prepared: PreparedRun, session: Session): Promise<object> {
  const { config, run } = prepared;
  const { terminal } = session;
  const { steps } = config.training;
  await run.plan?.(steps, prepared.extend);
  const start = await run.resume();
  if (start !== undefined) terminal.note(`Continuing after step ${start.step}.`);
  const before =
    start === undefined ? await measureBefore(prepared, session) : await measuredBefore(run);
  const state = await trainSteps(prepared, start, session);
  try {
    if (state.interrupted) {
      throw new Interrupted(
        `Stopped after step ${state.step} of ${steps}. The same command continues there.`,
      );
    }
    if (state.stoppedEarly) {
      terminal.note(`Stopped early after step ${state.step}: no better one came.`);
    }
    const used = usableParams(state, prepared.step.optimizer);
    try {
      return await reported(prepared, state, used, before, session);
    } finally {
      disposeParams(used);
    }
  } finally {
    disposeState(state);
  }
}

/** Measures a finished run, and writes its results and its model. */
async function reported(
  prepared: PreparedRun,
  state: TrainResult,
  params: Params,
  before: Figures | undefined,
  session: Session,
): Promise<object> {
  const { config, run } = prepared;
  const { terminal } = session;
  const calibration = await calibrated(prepared, params, session);
  const measurement = await measureOn(prepared, params, session, { calibration });
  const figures = {
    schema: 1,
    steps: state.step,
    skipped: state.skipped,
    ...(state.memory?.best && { best: state.memory.best }),
    split: config.data.test,
    ...figuresOf(measurement, before),
    ...(calibration && { calibration }),
  };
  terminal.line(`Split "${config.data.test}", after step ${state.step}:`);
  terminal.line(tableOf(measurement, before));
  for (const note of thresholdNotes(prepared.task, calibration)) terminal.note(note);
  await writeJsonAtomic(join(run.path, 'results.json'), figures);
  await saveTrained(prepared, params, calibration);
  return figures;
}

async function trainSteps(
  prepared: PreparedRun,
  start: TrainState | undefined,
  session: Session,
): Promise<TrainResult> {
  const { config, data, stream, step, initial, run, keepTokenizer } = prepared;
  const { terminal, signal } = session;
  const { steps, onNonFinite, accumulate, chunk, spikes, checkpointEvery } = config.training;
  const { image, text, fusion } = config;
  const progress = terminal.progress('Training');
  const result = await train({
    ...step,
    initial,
    ignoreMissing: mayBeMissing({ image, text, fusion }),
    data: stream?.batches ?? batchesOf(config, data.split(config.data.train)),
    steps,
    onNonFinite: typeof onNonFinite === 'string' ? onNonFinite : given(onNonFinite),
    key: keyOf(config.seed),
    signal,
    ...(start && { start }),
    checkpoint: async (current) => {
      await keepTokenizer();
      await run.checkpoint(current);
    },
    checkpointEvery: checkpointEvery ?? usualCheckpoints,
    ...(accumulate !== undefined && { accumulate }),
    ...(chunk !== undefined && { chunk }),
    ...(spikes && { spikes: given(spikes) }),
    ...evaluation(prepared, session),
    log: (record) => {
      run.log(record);
      if (record.kind === 'step') {
        const seen = stream === undefined ? '' : `, ${describeStream(stream)}`;
        progress.update(record.step, steps, `loss ${record.loss.toFixed(3)}${seen}`);
      }
      const note = noteOf(record);
      if (note !== undefined) terminal.note(note);
    },
  }).finally(() => {
    if (start !== undefined) disposeState(start);
  });
  if (!result.interrupted) progress.done();
  return result;
}

/** How the run is measured while it trains. */
function evaluation(
  { config, data, parts, task }: PreparedRun,
  session: Session,
): Pick<TrainOptions<Tensor4D, TextInput>, 'evaluate' | 'evaluateEvery' | 'best'> {
  const { evaluate } = config.training;
  if (evaluate === undefined) return {};
  const split = data.split(evaluate.split);
  const { representations } = evaluate;
  const known = heldTraining(data, config);
  const fits = representations !== undefined && needsTraining(representations, known);
  const more = { representations, withFloors: false };
  return {
    evaluate: async ({ params }) => {
      const { sampling } = config.training;
      const measured = measurable({ parts, params, sampling, ...(task && { task }) });
      const train = fits ? known : undefined;
      return (await measure(measured, split, train, session, more)).evaluation.metrics;
    },
    evaluateEvery: evaluate.every,
    ...(evaluate.best && { best: given(evaluate.best) }),
  };
}

interface FinishedModel {
  /** Default true. */
  readonly finished?: boolean;
  readonly calibration?: Calibration | undefined;
}

/** On the test split; of the finished model with floors, its features kept for `eval`. */
function measureOn(
  { config, data, parts, task }: PreparedRun,
  params: Params,
  session: Session,
  { finished = true, calibration }: FinishedModel = {},
): Promise<Measurement> {
  const { sampling } = config.training;
  const train = finished ? heldTraining(data, config) : undefined;
  const store = finished ? config.data.featureStore : undefined;
  return measure(
    measurable({ parts, params, sampling, ...(task && { task }) }, calibration),
    data.split(config.data.test),
    train,
    session,
    { store },
  );
}

/** The training pairs that are held, on which floors are fitted; of a stream there may be none. */
function heldTraining(
  { splits }: PairDataset,
  { data: { train } }: TrainConfig,
): PairSplit | undefined {
  return Object.hasOwn(splits, train) ? splits[train] : undefined;
}

/** Probabilities made honest on the validation split, where there are both. */
async function calibrated(
  { config, data, parts, task }: PreparedRun,
  params: Params,
  session: Session,
): Promise<Calibration | undefined> {
  const { val } = config.data;
  if (task === undefined || !Object.hasOwn(data.splits, val)) return undefined;
  const { sampling } = config.training;
  const model = { parts, params, task, sampling };
  return calibrate(model, data.split(val), session, config.data.featureStore);
}

/** The figures of the model as it begins, which go into the run's records as those of step 0. */
async function measureBefore(prepared: PreparedRun, session: Session): Promise<Figures> {
  const { config, step, initial, run } = prepared;
  const drawn = initialParams(step, foldIn(keyOf(config.seed), 'init'));
  try {
    const params = { ...drawn, ...initial };
    const { evaluation } = await measureOn(prepared, params, session, { finished: false });
    run.log({ kind: 'evaluation', step: 0, metrics: evaluation.metrics });
    return evaluation.metrics;
  } finally {
    disposeParams(drawn);
  }
}

async function measuredBefore(run: RunDirectory): Promise<Figures | undefined> {
  const records = await readMetrics(run.path);
  return records.flatMap((record) =>
    record.kind === 'evaluation' && record.step === 0 ? [record.metrics] : [],
  )[0];
}
