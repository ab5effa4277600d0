import { tidy } from '@tensorflow/tfjs-core';
import {
  inference,
  requireComplete,
  type FittedTask,
  type Params,
  type TaskFigures,
} from '@crossweave/core';
import { checkOptions, number, type Checks } from '@crossweave/core/authoring';
import { inChunks, scoringChecks, type FittedFusion, type ScoringOptions } from '../evaluate/pairs';
import type { FeatureCache } from '../features/encode-split';
import { disposeTensors } from '../features/encoder-fingerprint';
import { clusterOutcomes } from '../metrics/clusters';
import type { Metrics } from '../metrics/retrieval';
import { requireLabelledPairs } from './task-loss';
import { divided } from './temperature';

/** A model trained for a task: a fusion, and the head over its `joint`. */
export interface TrainedTask extends FittedFusion {
  readonly task: FittedTask;
  /** Parameters of the head (paths without `head.`). */
  readonly head: Params;
}

export interface EvaluateTaskOptions extends ScoringOptions {
  /** Outputs are divided by it ({@link fitTemperature}). Default 1. */
  readonly temperature?: number;
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
  temperature: number({ above: 0 }),
};

/**
 * The outputs [n, K] of a trained task for pairs of a cache: row of the image, caption.
 *
 * @throws ConfigError for an option out of range, the signal's reason when aborted.
 */
export async function taskOutputs(
  { fusion, params, task, head }: TrainedTask,
  cache: FeatureCache,
  pairs: readonly { readonly row: number; readonly caption: string }[],
  options: EvaluateTaskOptions = {},
): Promise<Float32Array> {
  checkOptions('taskOutputs', options, checks);
  const outputs = new Float32Array(pairs.length * task.outputs);
  await inChunks(pairs.length, options, async (rows, from, count) => {
    const image = cache.imageTable.gather(rows.map((i) => pairs[i]!.row));
    const text = cache.textTable.gather(rows.map((i) => cache.textRow(pairs[i]!.caption)));
    requireComplete(fusion, image, text);
    const told = tidy(() =>
      task.apply(head, fusion.fuse(params, image, text, inference).joint, inference),
    );
    const values = await told.data<'float32'>();
    outputs.set(values.subarray(0, count * task.outputs), from * task.outputs);
    [image, text, told].forEach(disposeTensors);
  });
  const { temperature = 1 } = options;
  return temperature === 1 ? outputs : divided(outputs, temperature);
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
  };
}
