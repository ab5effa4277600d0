import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Context } from './context';
import type { Label } from './dataset';

/**
 * What a model is trained to say of a pair: a class, several classes, a number, an answer.
 *
 * A task reads the labels of the training split once ({@link Task.fit}) and becomes a
 * {@link FittedTask}, which knows its classes and has a head over the `joint` representation of a
 * fusion. Nothing of a test split reaches it.
 *
 * Letters: B pairs, D width of `joint`, K outputs of the head (one a class, say).
 */
export interface Task {
  /** Stands before the names of its metrics: `classification.accuracy`. */
  readonly name: string;
  /**
   * Learns from the labels of the training split what must be known of them: the classes there
   * are, how common each is, the spread of a number.
   *
   * @throws DataError for a label of another kind, and where nothing can be learned from them (none
   *   at all, or one class alone).
   */
  readonly fit: (labels: readonly Label[]) => FittedTask;
  /**
   * The task that {@link FittedTask.facts} were taken from, so that a trained model is read later.
   *
   * @throws FileFormatError for facts that are not of this task.
   */
  readonly restore: (facts: unknown) => FittedTask;
}

/** A task that knows the labels of its training split. Its functions are pure. */
export interface FittedTask {
  readonly name: string;
  /** All that `fit` learned, as plain data: what JSON gives back restores the task. */
  readonly facts: unknown;
  /** K. */
  readonly outputs: number;
  /**
   * [K] constant outputs, without any input, that suit the training labels: the logarithms of the
   * classes' shares, say. The floor `majority` predicts them for every pair.
   */
  readonly prior: readonly number[];
  /** Whether outputs are logits, which a temperature may divide without changing their order. */
  readonly logits: boolean;
  /**
   * Its metrics, each with the value of a model that makes no mistake: 1 for a share, 0 for an
   * error. Names start with the task's name. A metric whose best value is 0 is a cost.
   */
  readonly best: Readonly<Record<string, number>>;
  /** Parameters of the head over `joint` of width D; nothing else is trained for the task. */
  readonly init: (key: Key, dim: number) => Params;
  /**
   * [B, D] → [B, K] outputs of the head, row by row: row b depends on row b of `joint` alone, and
   * never on a label.
   */
  readonly apply: (params: Params, joint: Tensor2D, ctx: Context) => Tensor2D;
  /**
   * The mean loss of the labelled rows of `outputs` [B, K]; 0 where no row is labelled. A label that
   * `fit` did not see and that cannot be learned (an answer outside of the vocabulary) counts as none.
   *
   * @param labels [B].
   * @throws DataError for a label of another kind.
   */
  readonly loss: (outputs: Tensor2D, labels: readonly (Label | undefined)[]) => Scalar;
  /**
   * The metrics of outputs [n, K] row by row against n labels. A class that occurs neither in the
   * labels nor among the predictions does not count in any mean over classes.
   *
   * @throws DataError without a label, or for one of another kind; NonFiniteError for an output that
   *   is not finite.
   */
  readonly measure: (outputs: Float32Array, labels: readonly Label[]) => TaskFigures;
  /**
   * The metrics of predictions that know nothing, for these labels: a class drawn at random, the
   * training split's mean. Keys are among {@link best}; a metric without such a value is left out.
   */
  readonly chance: (labels: readonly Label[]) => Readonly<Record<string, number>>;
  /** How a row of outputs [K] reads. */
  readonly predict: (outputs: ArrayLike<number>) => Prediction;
}

/** What {@link FittedTask.measure} gives. */
export interface TaskFigures {
  readonly metrics: Readonly<Record<string, number>>;
  /**
   * By metric, an outcome a label in the order of the labels; their mean is the metric. Metrics that
   * are no mean over samples (F1, areas under curves) have none.
   */
  readonly outcomes: Readonly<Record<string, readonly number[]>>;
  /** Figures of each class that occurs, most common first. Absent where there are no classes. */
  readonly classes?: readonly ClassRow[];
  /** The commonest mistakes, most common first. Absent where a sample has not one class. */
  readonly confusions?: readonly Confusion[];
}

/** A class in the table of classes. */
export interface ClassRow {
  readonly label: string;
  /** Samples of the class. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** How many samples of a class were given another. */
export interface Confusion {
  readonly label: string;
  readonly predicted: string;
  readonly count: number;
}

/** One prediction as people and files read it. */
export interface Prediction {
  readonly label: Label;
  /**
   * How sure it is, in [0, 1]: the probability of the label, of several classes the least sure
   * decision. Absent where the task has no probabilities.
   */
  readonly probability?: number;
  /** Every class with its probability, the most probable first. Absent where there are none. */
  readonly probabilities?: readonly LabelProbability[];
}

export interface LabelProbability {
  readonly label: string;
  /** In [0, 1]. */
  readonly probability: number;
}
