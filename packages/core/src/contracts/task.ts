import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { HostValue } from '../host-value';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Context } from './context';
import type { Label } from './dataset';
import type { Configured } from './part-config';

/**
 * A prediction task for pairs: a class, several classes, a number, a rank, or an answer.
 *
 * A task reads the labels of the training split once ({@link Task.fit}) and becomes a {@link
 * FittedTask}, which has the classes and a head over the `joint` representation of a fusion. It
 * uses nothing of a test split.
 *
 * Letters: B pairs, D width of `joint`, K outputs of the head (for example one per class).
 */
export interface Task extends Configured {
  /** Prefix of the names of its metrics: `classification.accuracy`. */
  readonly name: string;
  /**
   * Reads the facts that the task needs from the labels of the training split: the classes, their
   * frequencies, the spread of a number.
   *
   * @throws DataError for a label of a different kind, and for labels without information (an empty
   *   list, or only one class).
   */
  readonly fit: (labels: readonly Label[]) => FittedTask;
  /**
   * Restores a task from {@link FittedTask.facts}, for a trained model that is loaded later.
   *
   * @throws FileFormatError for facts that are not of this task.
   */
  readonly restore: (facts: unknown) => FittedTask;
}

/** A task with the facts of its training split. Its functions are pure. */
export interface FittedTask extends Configured {
  readonly name: string;
  /**
   * The result of `fit` as plain data, which restores the task, also after a round trip through
   * JSON.
   */
  readonly facts: unknown;
  /** K, the number of outputs. */
  readonly outputs: number;
  /**
   * [K] the best constant outputs for the training labels, for example the logarithms of the
   * classes' shares. The floor `majority` predicts them for every pair.
   */
  readonly prior: readonly number[];
  /**
   * Whether outputs are logits, which a temperature may divide without changing their order. The
   * task then has the metric `logLoss`, by which the temperature is chosen.
   */
  readonly logits: boolean;
  /**
   * The metrics, each with the value of a model without mistakes: 1 for a share, 0 for an error.
   * Names start with the task's name. A metric whose best value is 0 is a cost.
   */
  readonly best: Readonly<Record<string, number>>;
  /** Parameters of the head over `joint` of width D. The task has no other parameters. */
  readonly init: (key: Key, dim: number) => Params;
  /**
   * [B, D] → [B, K] outputs of the head. Row b depends only on row b of `joint`, and never on a
   * label.
   */
  readonly apply: (params: Params, joint: Tensor2D, ctx: Context) => Tensor2D;
  /**
   * The mean loss of the labelled rows of `outputs` [B, K]; 0 where no row is labelled. A label
   * that `fit` did not see and that cannot be learned (an answer outside of the vocabulary) counts
   * as unlabelled.
   *
   * @param labels [B]. @throws DataError for a label of a different kind.
   */
  readonly loss: (outputs: Tensor2D, labels: readonly (Label | undefined)[]) => Scalar;
  /**
   * `loss` of labels that are not known before the step (`hostValue`), so that training steps can be
   * compiled. Absent: training steps with this task are not compiled.
   */
  readonly lossOf?: (
    outputs: Tensor2D,
    labels: HostValue<readonly (Label | undefined)[]>,
  ) => Scalar;
  /**
   * The metrics of outputs [n, K] with n labels. A class that occurs neither in the labels nor in
   * the predictions does not count in means over classes.
   *
   * @throws DataError without labels, or for a label of a different kind; NonFiniteError for an
   *   output that is not finite.
   */
  readonly measure: (outputs: Float32Array, labels: readonly Label[]) => TaskFigures;
  /**
   * The metrics of uninformed predictions for these labels: a random class, the mean of the
   * training split. Keys are keys of {@link best}; a metric without a chance level is absent.
   */
  readonly chance: (labels: readonly Label[]) => Readonly<Record<string, number>>;
  /**
   * Whether a prediction can equal this label. It cannot for a class that no training label had, or
   * an answer outside of the vocabulary. Absent if it can for every label.
   */
  readonly knows?: (label: Label) => boolean;
  /** The prediction of a row of outputs [K]. */
  readonly predict: (outputs: ArrayLike<number>) => Prediction;
  /**
   * The thresholds above which the task gives a class, for a task that decides for each class by
   * itself. Absent for other tasks, and if the task's options say that no thresholds are fitted.
   */
  readonly thresholds?: TaskThresholds;
}

/** How the thresholds of a task are fitted and used. */
export interface TaskThresholds {
  /** The metrics that depend on the thresholds. */
  readonly metrics: readonly string[];
  /**
   * Chooses the thresholds from outputs [n, K] and labels of a validation split, never of the split
   * that is reported.
   *
   * @throws DataError without labels, or for a label of a different kind; NonFiniteError for an
   *   output that is not finite.
   */
  readonly fit: (outputs: Float32Array, labels: readonly Label[]) => FittedThresholds;
  /**
   * The same task with other thresholds [K] in `measure` and `predict`.
   *
   * @throws ConfigError for a list of another length, or a threshold outside of (0, 1).
   */
  readonly at: (thresholds: readonly number[]) => FittedTask;
}

/** The result of {@link TaskThresholds.fit}. */
export interface FittedThresholds {
  /** [K] of probabilities, each in (0, 1). A class is given if its probability is above. */
  readonly values: readonly number[];
  /** The classes whose threshold is the usual one of the task since no label has them. */
  readonly withoutPositives: readonly string[];
}

/** The result of {@link FittedTask.measure}. */
export interface TaskFigures {
  readonly metrics: Readonly<Record<string, number>>;
  /**
   * For each metric, one outcome per label in the order of the labels, whose mean is the metric.
   * Metrics that are not a mean over samples (F1, areas under curves) have none.
   */
  readonly outcomes: Readonly<Record<string, readonly number[]>>;
  /** Figures of each class that occurs, most common first. Absent if the task has no classes. */
  readonly classes?: readonly ClassRow[];
  /**
   * The most common mistakes, most common first. Absent if samples do not have exactly one class.
   */
  readonly confusions?: readonly Confusion[];
}

/** A row of the table of classes. */
export interface ClassRow {
  readonly label: string;
  /** Number of samples of the class. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** How often samples of one class were predicted as a different class. */
export interface Confusion {
  readonly label: string;
  readonly predicted: string;
  readonly count: number;
}

/** A prediction in readable form. */
export interface Prediction {
  readonly label: Label;
  /**
   * The probability of the label, in [0, 1]; for several classes that of the least certain
   * decision. Absent if the task has no probabilities.
   */
  readonly probability?: number;
  /**
   * Every class with its probability, the most probable first. Absent if the task has no
   * probabilities.
   */
  readonly probabilities?: readonly LabelProbability[];
}

export interface LabelProbability {
  readonly label: string;
  /** In [0, 1]. */
  readonly probability: number;
}
