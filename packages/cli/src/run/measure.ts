import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  subtree,
  type FittedTask,
  type PairSplit,
  type Params,
  type TextInput,
} from '@crossweave/core';
import {
  describeSplit,
  encodeSplit,
  evaluateFusion,
  describeMeasured,
  evaluateTask,
  floors,
  headOfLoss,
  metricTable,
  taskFloors,
  type EncodeOptions,
  type Evaluation,
  type FeatureCache,
  type FittedFusion,
  type TaskEvaluation,
} from '@crossweave/lab';
import type { Session } from '../command';
import { Interrupted } from '../interrupted';
import { classTable } from './class-table';
import type { ModelParts } from './training';

type Figures = Readonly<Record<string, number>>;

/** A model to be measured: its parts and their parameters under `image.`, `text.`, `fusion.`, `loss.`. */
export interface Measured {
  readonly parts: ModelParts;
  readonly params: Params;
  /** What it was trained for; without one, matching and retrieval are measured. */
  readonly task?: FittedTask;
}

/** Towers with their parameters, or computed by another runtime. */
export type Towers = Pick<EncodeOptions<Tensor4D, TextInput>, 'image' | 'text'>;

/** Towers and the fusion that scores what they give; for a task, its head over the fusion. */
export interface Measurable extends Towers {
  readonly fitted: FittedFusion;
  readonly task?: { readonly task: FittedTask; readonly head: Params };
}

/** A model of parts as one that can be measured. */
export function measurable(model: Measured): Measurable {
  const { parts, params, task } = model;
  return {
    ...towersOf(model),
    fitted: { fusion: parts.fusion, params: subtree(params, 'fusion.') },
    ...(task && { task: { task, head: headOf(params, task) } }),
  };
}

/** The towers of a model of parts. */
export function towersOf({ parts, params }: Pick<Measured, 'parts' | 'params'>): Towers {
  return {
    image: { encoder: parts.image, params: subtree(params, 'image.') },
    text: { encoder: parts.text, params: subtree(params, 'text.') },
  };
}

/** What a model reaches on a split, and what stands beside it. */
export interface Measurement {
  readonly evaluation: Evaluation | TaskEvaluation;
  /** By scorer that cannot solve what is tested; none without a training split to fit it on. */
  readonly floors: Readonly<Record<string, { readonly metrics: Figures }>>;
}

/** Pictures that the floors are fitted on, the first of the training split: enough for what they are. */
const floorPictures = 2000;

/**
 * Encodes a split once and measures the fusion on it, and on the same features the floors, fitted
 * on the training split.
 *
 * @throws Interrupted when the session is asked to stop.
 */
export async function measure(
  model: Measurable,
  split: PairSplit,
  train: PairSplit | undefined,
  session: Session,
): Promise<Measurement> {
  const { signal } = session;
  const { fitted, task } = model;
  try {
    const cache = await encode(model, split, session);
    const evaluation =
      task === undefined
        ? await evaluateFusion(fitted, cache, { signal })
        : await evaluateTask({ ...fitted, ...task }, cache, { signal });
    if (train === undefined) return { evaluation, floors: {} };
    const known = await encode(model, firstOf(train), session);
    const beside =
      task === undefined ? floors(known, cache) : await taskFloors(task.task, known, cache, signal);
    return { evaluation, floors: beside };
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Stopped; nothing was measured.');
    throw error;
  }
}

/** The head of a task among the parameters of a training run. */
export function headOf(params: Params, task: FittedTask): Params {
  return headOfLoss(subtree(params, 'loss.'), task);
}

function firstOf(train: PairSplit): PairSplit {
  return {
    name: train.name,
    records: train.records.slice(0, floorPictures),
    images: (rows) => train.images(rows),
    texts: (captions) => train.texts(captions),
    textIdentity: (caption) => train.textIdentity(caption),
  };
}

/** The figures as a table: each with the model before training, floors and chance beside it. */
export function tableOf({ evaluation, floors: beside }: Measurement, before?: Figures): string {
  return [
    'split' in evaluation ? describeSplit(evaluation.split) : `${describeMeasured(evaluation)}.`,
    '',
    metricTable(evaluation, {
      ...(before && { 'before training': { metrics: before } }),
      ...beside,
    }),
    ...('split' in evaluation ? [] : classTable(evaluation)),
  ].join('\n');
}

/** The figures as plain data. */
export function figuresOf({ evaluation, floors: beside }: Measurement, before?: Figures): object {
  const { metrics, chance } = evaluation;
  return {
    metrics,
    chance,
    ...(before && { beforeTraining: before }),
    floors: Object.fromEntries(Object.entries(beside).map(([name, each]) => [name, each.metrics])),
    ...('split' in evaluation
      ? { measuredOn: evaluation.split }
      : {
          measuredOn: {
            pairs: evaluation.pairs,
            images: evaluation.images,
            unknownLabels: evaluation.unknown,
          },
          classes: evaluation.classes,
          confusions: evaluation.confusions?.slice(0, 50),
        }),
  };
}

/** The features of a split by the towers of a model. */
export async function encode(
  { image, text }: Towers,
  split: PairSplit,
  { terminal, signal }: Session,
): Promise<FeatureCache> {
  const total = split.records.length;
  const bar = terminal.progress(`Encoding "${split.name}"`);
  const cache = await encodeSplit({
    split,
    ...{ image, text },
    signal,
    onProgress: ({ side, done }) => {
      if (side === 'image') bar.update(done, total);
    },
  });
  bar.done();
  return cache;
}
