import { tidy, zeros, type Rank } from '@tensorflow/tfjs-core';
import {
  inference,
  requireComplete,
  type Features,
  type FittedTask,
  type Params,
  type TaskFigures,
} from '@crossweave/core';
import {
  checkOptions,
  exactly,
  listOf,
  number,
  oneOf,
  requireValue,
  type Checks,
} from '@crossweave/core/authoring';
import { inChunks, scoringChecks, type FittedFusion, type ScoringOptions } from '../evaluate/pairs';
import type { FeatureCache } from '../features/encode-split';
import { disposeTensors } from '../features/encoder-fingerprint';
import { clusterOutcomes } from '../metrics/clusters';
import type { Metrics } from '../metrics/retrieval';
import { confidentMistakes, labelText, predictionOf, type PlacedMistake } from './mistakes';
import { requireLabelledPairs } from './task-loss';
import { divided } from './temperature';

/** A model trained for a task: a fusion, and the head over its `joint`. */
export interface TrainedTask extends FittedFusion {
  readonly task: FittedTask;
  /** Parameters of the head (paths without `head.`). */
  readonly head: Params;
}

export interface EvaluateTaskOptions extends ScoringOptions {
  /** [K] what is added to the outputs of every pair ({@link sampledPrior}). Default: nothing. */
  readonly shift?: readonly number[];
  /** Shifted outputs are divided by it ({@link fitTemperature}). Default 1. */
  readonly temperature?: number;
  /**
   * The only side that the model is shown; the other is treated as missing in every pair. The fusion
   * must accept that (`withMissingModality`). Default: both, as far as the records have them.
   */
  readonly only?: 'image' | 'text';
}

/** Figures of a task on a split with what one must know to read them. */
export interface TaskEvaluation extends Metrics, Pick<TaskFigures, 'classes' | 'confusions'> {
  readonly chance: Readonly<Record<string, number>>;
  /** Labelled pairs that were measured. */
  readonly pairs: number;
  /** Images they are of. */
  readonly images: number;
  /** Of the pairs, those whose label the task cannot predict ({@link FittedTask.knows}). */
  readonly unknown: number;
  /** [pairs] what is predicted of each labelled pair, for people. */
  readonly predicted: readonly string[];
  /** The mistakes that the model is surest of. */
  readonly mistakes: readonly PlacedMistake[];
}

/** What a task was measured on, in a sentence. */
export function describeMeasured({
  pairs,
  images,
  unknown,
}: Pick<TaskEvaluation, 'pairs' | 'images' | 'unknown'>): string {
  const measured = `${pairs} labelled pair${pairs === 1 ? '' : 's'} of ${images} image${images === 1 ? '' : 's'}`;
  return unknown === 0
    ? measured
    : `${measured}; ${unknown} of them with a label that no training pair has, which no prediction can equal`;
}

const checks: Checks<EvaluateTaskOptions> = {
  ...scoringChecks,
  shift: listOf(number()),
  temperature: number({ above: 0 }),
  only: oneOf('image', 'text'),
};

/**
 * The outputs [n, K] of a trained task for pairs of a cache: row of the image, caption.
 *
 * @throws ConfigError for an option out of range, and where a side is missing that the fusion needs; the
 *   signal's reason when aborted.
 */
export async function taskOutputs(
  { fusion, params, task, head }: TrainedTask,
  cache: FeatureCache,
  pairs: readonly { readonly row: number; readonly caption: string }[],
  options: EvaluateTaskOptions = {},
): Promise<Float32Array> {
  checkOptions('taskOutputs', options, checks);
  if (options.shift !== undefined) {
    requireValue('taskOutputs', 'shift', options.shift.length, exactly(task.outputs));
  }
  const outputs = new Float32Array(pairs.length * task.outputs);
  await inChunks(pairs.length, options, async (rows, from, count) => {
    const image = shown(
      cache.imageTable.gather(rows.map((i) => pairs[i]!.row)),
      options.only !== 'text',
    );
    const text = shown(
      cache.textTable.gather(rows.map((i) => cache.textRow(pairs[i]!.caption))),
      options.only !== 'image',
    );
    requireComplete(fusion, image, text);
    const told = tidy(() =>
      task.apply(head, fusion.fuse(params, image, text, inference).joint, inference),
    );
    const values = await told.data<'float32'>();
    outputs.set(values.subarray(0, count * task.outputs), from * task.outputs);
    [image, text, told].forEach(disposeTensors);
  });
  const { shift, temperature = 1 } = options;
  shift?.forEach((value, k) => {
    for (let at = k; at < outputs.length; at += task.outputs) outputs[at]! += value;
  });
  return temperature === 1 ? outputs : divided(outputs, temperature);
}

/** Features as they are, or with every row missing; what is replaced is disposed. */
function shown(features: Features, show: boolean): Features {
  if (show) return features;
  features.present?.dispose();
  return { ...features, present: zeros<Rank.R1>([features.pooled.shape[0]]) };
}

/**
 * Measures a trained task on every labelled pair of a split. Outcomes are by image: the captions of
 * one image are not independent.
 *
 * @throws DataError for a split without labels; ConfigError for an option out of range, the signal's
 *   reason when aborted.
 */
export async function evaluateTask(
  trained: TrainedTask,
  cache: FeatureCache,
  options: EvaluateTaskOptions = {},
): Promise<TaskEvaluation> {
  checkOptions('evaluateTask', options, checks);
  const pairs = requireLabelledPairs('evaluateTask', cache);
  return taskEvaluation(trained.task, pairs, await taskOutputs(trained, cache, pairs, options));
}

/** What outputs of labelled pairs amount to. */
export function taskEvaluation(
  task: FittedTask,
  pairs: ReturnType<typeof requireLabelledPairs>,
  outputs: Float32Array,
): TaskEvaluation {
  const labels = pairs.map(({ label }) => label);
  const { outcomes, ...figures } = task.measure(outputs, labels);
  const ids = pairs.map(({ id }) => id);
  return {
    ...figures,
    outcomes: Object.fromEntries(
      Object.entries(outcomes).map(([name, values]) => [name, clusterOutcomes(values, ids)]),
    ),
    chance: task.chance(labels),
    pairs: pairs.length,
    images: new Set(ids).size,
    unknown: labels.filter((label) => task.knows?.(label) === false).length,
    predicted: pairs.map((_, pair) => labelText(predictionOf(task, outputs, pair).label)),
    mistakes: confidentMistakes(task, pairs, outputs, { outcomes }),
  };
}
