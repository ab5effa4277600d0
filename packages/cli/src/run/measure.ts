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
  floors,
  metricTable,
  representationFigures,
  taskFloors,
  type EncodeOptions,
  type EncodeProgress,
  type Evaluation,
  type FeatureCache,
  type FittedFusion,
  type RepresentationName,
  type TaskEvaluation,
} from '@crossweave/lab';
import { identifiesImages, type Sampling } from '@crossweave/data';
import type { Session } from '../command';
import { Interrupted } from '../interrupted';
import type { Calibration } from './calibrate';
import { classTable } from './class-table';
import { measureTask } from './measure-task';
import { correctionOf, trainedTask } from './trained-task';
import type { ModelParts } from './training';

type Figures = Readonly<Record<string, number>>;

/** A model to be measured: its parts and their parameters under `image.`, `text.`, `fusion.`, `loss.`. */
export interface Measured {
  readonly parts: ModelParts;
  readonly params: Params;
  /** What it was trained for; without one, matching and retrieval are measured. */
  readonly task?: FittedTask;
  /** How classes were drawn in training, if by their labels. */
  readonly sampling?: Sampling | undefined;
}

/** Towers with their parameters, or computed by another runtime. */
export type Towers = Pick<EncodeOptions<Tensor4D, TextInput>, 'image' | 'text'>;

/** Towers and the fusion that scores what they give; for a task, its head over the fusion. */
export interface Measurable extends Towers {
  readonly fitted: FittedFusion;
  readonly task?: {
    readonly task: FittedTask;
    readonly head: Params;
    /** Added to the outputs of a model that was trained on sampled classes. */
    readonly shift?: readonly number[];
    /** Whose thresholds, if it has such, are measured beside the task's own. */
    readonly calibration?: Calibration | undefined;
  };
}

/** A model of parts as one that can be measured. */
export function measurable(model: Measured, calibration?: Calibration): Measurable {
  const { parts, params, task } = model;
  const fitted = { fusion: parts.fusion, params: subtree(params, 'fusion.') };
  if (task === undefined) return { ...towersOf(model), fitted };
  const { head } = trainedTask({ ...model, task });
  const correction = correctionOf({ ...model, task });
  return { ...towersOf(model), fitted, task: { task, head, calibration, ...correction } };
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
  /**
   * Of a task whose fusion accepts a missing side, the figures of the same pairs with one side alone.
   */
  readonly alone?: Readonly<Record<'image' | 'text', { readonly metrics: Figures }>>;
  /**
   * Of a model that was trained on sampled classes, the figures of its outputs as they are: for data in
   * which the classes are as often as they were drawn. `evaluation` has the outputs corrected.
   */
  readonly asSampled?: { readonly metrics: Figures };
  /**
   * Of a task whose thresholds were fitted on another split, the metrics that thresholds change, at
   * those. `evaluation` has the task's own, usually 0.5.
   */
  readonly atThresholds?: { readonly metrics: Figures };
}

/** Pictures that the floors are fitted on, the first of the training split: enough for what they are. */
const floorPictures = 2000;

/** The figures of representations to add: all that can be told, or these. */
export type Representations = 'all' | readonly RepresentationName[];

/** Whether some of them are fitted on labels of the training split. */
export function needsTraining(
  representations: Representations,
  train: PairSplit | undefined,
): boolean {
  return representations === 'all'
    ? train !== undefined && train.records.some(({ labels }) => labels !== undefined)
    : representations.some((name) => name === 'neighbours' || name === 'probe');
}

/** What {@link measure} shows besides the task, or retrieval and matching. */
export interface MeasureOptions {
  /** Default none. */
  readonly representations?: Representations | undefined;
  /** Whether floors are fitted on the training split. Default true. */
  readonly withFloors?: boolean;
  /** Folder in which the features are kept; see `encodeSplit`. Default none. */
  readonly store?: string | undefined;
}

/**
 * Encodes a split once and measures the fusion on it, and on the same features the floors, fitted
 * on the training split.
 *
 * @param train what floors, neighbours and probes are fitted on; none: without all of them.
 * @throws Interrupted when the session is asked to stop.
 */
export async function measure(
  model: Measurable,
  split: PairSplit,
  train: PairSplit | undefined,
  session: Session,
  { representations, withFloors = true, store }: MeasureOptions = {},
): Promise<Measurement> {
  const { signal } = session;
  const { fitted, task } = model;
  try {
    const cache = await encode(model, split, session, store);
    const measured =
      task === undefined
        ? { evaluation: await evaluateFusion(fitted, cache, { signal }) }
        : await measureTask(fitted, task, cache, signal);
    const known = train && (await encode(model, firstOf(train), session, store));
    const shown =
      representations === undefined
        ? {}
        : await representationFigures(fitted, cache, {
            ...(representations !== 'all' && { figures: representations }),
            ...(known && { train: known }),
            signal,
          });
    const beside =
      known === undefined || !withFloors ? {} : await floorsOf(task?.task, known, cache, signal);
    const metrics = { ...measured.evaluation.metrics, ...shown };
    return { ...measured, evaluation: { ...measured.evaluation, metrics }, floors: beside };
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Stopped; nothing was measured.');
    throw error;
  }
}

async function floorsOf(
  task: FittedTask | undefined,
  known: FeatureCache,
  cache: FeatureCache,
  signal: AbortSignal,
): Promise<Measurement['floors']> {
  return task === undefined ? floors(known, cache) : taskFloors(task, known, cache, signal);
}

function firstOf(train: PairSplit): PairSplit {
  return {
    name: train.name,
    records: train.records.slice(0, floorPictures),
    images: (rows) => train.images(rows),
    texts: (captions) => train.texts(captions),
    textIdentity: (caption) => train.textIdentity(caption),
    // By which a store of features knows them.
    ...(identifiesImages(train) && { imageIdentity: (row: number) => train.imageIdentity(row) }),
  };
}

/** The figures as a table: each with the model before training, floors and chance beside it. */
export function tableOf(
  { evaluation, alone, asSampled, atThresholds, floors: beside }: Measurement,
  before?: Figures,
): string {
  return [
    'split' in evaluation ? describeSplit(evaluation.split) : `${describeMeasured(evaluation)}.`,
    '',
    metricTable(evaluation, {
      ...(atThresholds && { 'at fitted thresholds': atThresholds }),
      ...(asSampled && { 'classes as sampled': asSampled }),
      ...(alone && { 'without text': alone.image, 'without image': alone.text }),
      ...(before && { 'before training': { metrics: before } }),
      ...beside,
    }),
    ...('split' in evaluation ? [] : classTable(evaluation)),
  ].join('\n');
}

/** The figures as plain data. */
export function figuresOf(
  { evaluation, alone, asSampled, atThresholds, floors: beside }: Measurement,
  before?: Figures,
): object {
  const { metrics, chance } = evaluation;
  return {
    metrics,
    chance,
    ...(atThresholds && { atThresholds: atThresholds.metrics }),
    ...(asSampled && { asSampled: asSampled.metrics }),
    ...(alone && { imageAlone: alone.image.metrics, textAlone: alone.text.metrics }),
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

/** The features of a split by the towers of a model, kept in the folder `store` where one is named. */
export async function encode(
  { image, text }: Towers,
  split: PairSplit,
  { terminal, signal }: Session,
  store?: string,
): Promise<FeatureCache> {
  const progress = encodingBar(terminal, split.name, store);
  const cache = await encodeSplit({
    split,
    ...{ image, text, store, signal },
    onProgress: progress.update,
  });
  progress.done();
  return cache;
}

/** Shows the progress of encoding a split, and at its end what a store had of it. */
export function encodingBar(
  terminal: Session['terminal'],
  name: string,
  store: string | undefined,
): { readonly update: (progress: EncodeProgress) => void; readonly done: () => void } {
  const bar = terminal.progress(`Encoding "${name}"`);
  const last: { image?: EncodeProgress; text?: EncodeProgress } = {};
  const known = ({ stored, total }: EncodeProgress): string => `${stored} of ${total}`;
  return {
    update: (progress) => {
      last[progress.side] = progress;
      if (progress.side === 'image') bar.update(progress.done, progress.total);
    },
    done: () => {
      bar.done(
        store === undefined
          ? ''
          : `${known(last.image!)} images and ${known(last.text!)} texts were in the store`,
      );
    },
  };
}
