import { subtree, type FittedTask, type PairSplit, type Params } from '@crossweave/core';
import {
  describeSplit,
  encodeSplit,
  evaluateFusion,
  describeMeasured,
  evaluateTask,
  floors,
  headOfLoss,
  metricTable,
  representationFigures,
  taskFloors,
  type Evaluation,
  type FeatureCache,
  type FittedFusion,
  type RepresentationName,
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

/** What a model reaches on a split, and what stands beside it. */
export interface Measurement {
  readonly evaluation: Evaluation | TaskEvaluation;
  /** By scorer that cannot solve what is tested; none without a training split to fit it on. */
  readonly floors: Readonly<Record<string, { readonly metrics: Figures }>>;
}

/** Pictures that the floors are fitted on, the first of the training split: enough for what they are. */
const floorPictures = 2000;

/** The figures of representations to add: all that can be told, or these. */
export type Representations = 'all' | readonly RepresentationName[];

/** Whether some of them are fitted on labels of the training split. */
export function needsTraining(representations: Representations, train: PairSplit): boolean {
  return representations === 'all'
    ? train.records.some(({ labels }) => labels !== undefined)
    : representations.some((name) => name === 'neighbours' || name === 'probe');
}

/** What {@link measure} shows besides the task, or retrieval and matching. */
interface MeasureOptions {
  /** Default none. */
  readonly representations?: Representations | undefined;
  /** Whether floors are fitted on the training split. Default true. */
  readonly withFloors?: boolean;
}

/**
 * Encodes a split once and measures the fusion on it, and on the same features the floors, fitted
 * on the training split.
 *
 * @param train what floors, neighbours and probes are fitted on; none: without all of them.
 * @throws Interrupted when the session is asked to stop.
 */
export async function measure(
  model: Measured,
  split: PairSplit,
  train: PairSplit | undefined,
  session: Session,
  { representations, withFloors = true }: MeasureOptions = {},
): Promise<Measurement> {
  const { signal } = session;
  try {
    const cache = await encode(model, split, session);
    const fitted = { fusion: model.parts.fusion, params: subtree(model.params, 'fusion.') };
    const evaluation = await evaluationOf(model, fitted, cache, signal);
    const known = train && (await encode(model, firstOf(train), session));
    const shown =
      representations === undefined
        ? {}
        : await representationFigures(fitted, cache, {
            ...(representations !== 'all' && { figures: representations }),
            ...(known && { train: known }),
            signal,
          });
    const beside =
      known === undefined || !withFloors ? {} : await floorsOf(model.task, known, cache, signal);
    const metrics = { ...evaluation.metrics, ...shown };
    return { evaluation: { ...evaluation, metrics }, floors: beside };
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Stopped; nothing was measured.');
    throw error;
  }
}

function evaluationOf(
  { task, params }: Measured,
  fitted: FittedFusion,
  cache: FeatureCache,
  signal: AbortSignal,
): Promise<Evaluation | TaskEvaluation> {
  return task === undefined
    ? evaluateFusion(fitted, cache, { signal })
    : evaluateTask({ ...fitted, task, head: headOf(params, task) }, cache, { signal });
}

async function floorsOf(
  task: FittedTask | undefined,
  known: FeatureCache,
  cache: FeatureCache,
  signal: AbortSignal,
): Promise<Measurement['floors']> {
  return task === undefined ? floors(known, cache) : taskFloors(task, known, cache, signal);
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
  { parts, params }: Measured,
  split: PairSplit,
  { terminal, signal }: Session,
): Promise<FeatureCache> {
  const total = split.records.length;
  const bar = terminal.progress(`Encoding "${split.name}"`);
  const cache = await encodeSplit({
    split,
    image: { encoder: parts.image, params: subtree(params, 'image.') },
    text: { encoder: parts.text, params: subtree(params, 'text.') },
    signal,
    onProgress: ({ side, done }) => {
      if (side === 'image') bar.update(done, total);
    },
  });
  bar.done();
  return cache;
}
