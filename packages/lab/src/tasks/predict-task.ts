import {
  ConfigError,
  type FittedTask,
  type Label,
  type LabelProbability,
  type PairRecord,
} from '@crossweave/core';
import {
  checkOptions,
  count,
  fields,
  listOf,
  number,
  share,
  type Checks,
} from '@crossweave/core/authoring';
import { scoringChecks } from '../evaluate/pairs';
import type { FeatureCache } from '../features/encode-split';
import { taskOutputs, type EvaluateTaskOptions, type TrainedTask } from './evaluate-task';
import { rowsOf } from './softmax';
import { thresholdsCheck, type Thresholds } from './thresholds';

/**
 * What outputs are divided by before they become probabilities ({@link fitTemperature}), by the sides
 * that a pair has.
 */
export type Temperatures = Readonly<Record<'both' | 'image' | 'text', number>>;

/** Outputs as they are. */
export const uncalibrated: Temperatures = { both: 1, image: 1, text: 1 };

export interface PredictTaskOptions extends Pick<
  EvaluateTaskOptions,
  'chunk' | 'signal' | 'shift'
> {
  /** Classes that are told with their probability, the most probable first. Default 3; 0 for none. */
  readonly topK?: number;
  /**
   * P in [0, 1]: nothing is predicted of a pair whose probability is below it. Default 0. Of several
   * classes, the probability is that of the least certain decision.
   */
  readonly abstain?: number;
  /** Default 1 each. */
  readonly temperatures?: Temperatures;
  /**
   * Thresholds for the probabilities that the temperatures give. Default: the task's own.
   */
  readonly thresholds?: Thresholds;
}

/** What a model says of one pair. */
export interface PairPrediction {
  /** Of the record. */
  readonly id: string;
  /** '' where the text is missing. */
  readonly caption: string;
  /** The side that the pair lacks. */
  readonly missing?: 'image' | 'text';
  /** Null where the model is less sure than it must be. */
  readonly label: Label | null;
  /** Of the label, withheld or not, in [0, 1]. Absent for a task without probabilities. */
  readonly probability?: number;
  /** The most probable classes. Absent for a task without probabilities, and with `topK: 0`. */
  readonly top?: readonly LabelProbability[];
  /** Whether the label is withheld. */
  readonly abstained: boolean;
}

const above0 = number({ above: 0 });

/** A check of {@link Temperatures}, for packages that keep them. */
export const temperaturesCheck = fields({ both: above0, image: above0, text: above0 }, [
  'both',
  'image',
  'text',
]);

const checks: Checks<PredictTaskOptions> = {
  ...scoringChecks,
  shift: listOf(number()),
  topK: count(0),
  abstain: share(),
  temperatures: temperaturesCheck,
  thresholds: thresholdsCheck,
};

/**
 * What a trained task says of every caption of a cache with its image, in the order of the records.
 * Labels are not read.
 *
 * @throws ConfigError for an option out of range, for `abstain` with a task without probabilities, for
 *   `thresholds` with a task that takes none, and where a side is missing that the fusion needs;
 *   NonFiniteError for an output that is not finite; the signal's reason when aborted.
 */
export async function predictTask(
  trained: TrainedTask,
  cache: FeatureCache,
  options: PredictTaskOptions = {},
): Promise<PairPrediction[]> {
  checkOptions('predictTask', options, checks);
  const { topK = 3, abstain = 0, temperatures = uncalibrated, chunk, signal, shift } = options;
  const { task } = trained;
  requireProbabilities(task, abstain);
  const deciding = tasksBySides(task, options.thresholds);
  const pairs = cache.records.flatMap(({ id, captions, missing }, row) =>
    captions.map((caption) => ({ id, row, caption, missing })),
  );
  const outputs = await taskOutputs(trained, cache, pairs, {
    ...(chunk !== undefined && { chunk }),
    ...(signal && { signal }),
    ...(shift && { shift }),
  });
  const rows = rowsOf('predictTask', outputs, pairs.length, task.outputs);
  return pairs.map(({ id, caption, missing }, i): PairPrediction => {
    const own = rows[i]!;
    const sides = present(missing);
    const temperature = temperatures[sides];
    const said = deciding[sides].predict(
      task.logits ? own.map((value) => value / temperature) : own,
    );
    const { label, probability, probabilities } = said;
    const abstained = probability !== undefined && probability < abstain;
    return {
      id,
      caption,
      ...(missing !== undefined && { missing }),
      label: abstained ? null : label,
      ...(probability !== undefined && { probability }),
      ...(probabilities && topK > 0 && { top: probabilities.slice(0, topK) }),
      abstained,
    };
  });
}

function present(missing: PairRecord['missing']): keyof Temperatures {
  if (missing === undefined) return 'both';
  return missing === 'image' ? 'text' : 'image';
}

/** The task with the thresholds for each case. @throws ConfigError for a task that takes none. */
function tasksBySides(
  task: FittedTask,
  thresholds: Thresholds | undefined,
): Readonly<Record<keyof Temperatures, FittedTask>> {
  if (thresholds === undefined) return { both: task, image: task, text: task };
  if (task.thresholds === undefined) {
    throw new ConfigError(`the task "${task.name}" takes no thresholds`, {
      where: 'predictTask, "thresholds"',
      expected: 'none, or the task multi-label without fitThresholds: none',
    });
  }
  const { at } = task.thresholds;
  const { both, image, text } = thresholds;
  return { both: at(both), image: image ? at(image) : task, text: text ? at(text) : task };
}

/** @throws ConfigError where a probability is asked for that the task does not have. */
function requireProbabilities({ name, predict, prior }: FittedTask, abstain: number): void {
  if (abstain === 0 || predict(prior).probability !== undefined) return;
  throw new ConfigError(`the task "${name}" has no probabilities to abstain by`, {
    where: 'predictTask, "abstain"',
    expected: '0, or a task such as classification',
    got: abstain,
  });
}
