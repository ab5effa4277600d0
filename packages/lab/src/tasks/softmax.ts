import {
  exp,
  logSoftmax,
  mul,
  neg,
  pow,
  sub,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  NonFiniteError,
  ShapeError,
  hostValue,
  type FittedTask,
  type HostValue,
  type Label,
  type LabelProbability,
  type TaskFigures,
} from '@crossweave/core';
import { brierOf, calibrationError, logLoss, surprise } from '../metrics/calibration';
import { classFigures, confusionFigures, confusionMatrix } from '../metrics/confusion';
import { averagePrecision, rocAuc } from '../metrics/ranking';
import { mean } from '../statistics/moments';

/** What a row of outputs shall be. */
export interface SoftTarget {
  /** [K] by class, whose sum is the weight of −log p. Absent: the row is not labelled. */
  readonly target: readonly number[];
  /** What the row counts in the mean. */
  readonly weight: number;
  /** The class whose probability focal loss looks at. */
  readonly truth: number;
}

/**
 * Σ_b (1 − p_b)^γ · Σ_k −t_bk·log p_bk / Σ_b weight_b over the rows that have a target, p_b the
 * probability of the row's true class.
 */
export function softmaxLoss(
  outputs: Tensor2D,
  targets: HostValue<readonly (SoftTarget | undefined)[]>,
  focal = 0,
): Scalar {
  return tidy(() => {
    const [rows, classes] = outputs.shape;
    if (targets.choose((all) => weightOf(all) === 0)) return mul<Scalar>(sum(outputs), 0);
    const matrix = (of: (target: SoftTarget | undefined, k: number) => number): Tensor2D =>
      targets.tensor<Rank.R2>(
        (all) => all.flatMap((each) => Array.from({ length: classes }, (_, k) => of(each, k))),
        [rows, classes],
      );
    const weights = targets.tensor<Rank.R2>(
      (all) => {
        const weight = weightOf(all);
        return all.flatMap((each) =>
          Array.from({ length: classes }, (_, k) => (each?.target[k] ?? 0) / weight),
        );
      },
      [rows, classes],
    );
    const logs = logSoftmax(outputs);
    const wanted = mul<Tensor2D>(logs, weights);
    const losses = neg(sum<Tensor1D>(wanted, 1));
    if (focal === 0) return sum<Scalar>(losses);
    const truth = matrix((target, k) => Number(target?.truth === k));
    const ofTruth = sum<Tensor1D>(mul(exp(logs), truth), 1);
    const labelled = targets.tensor<Rank.R1>(
      (all) => all.map((target) => Number(target !== undefined)),
      [rows],
    );
    // (1 − p)^γ has no derivative at 1 − p = 0 for γ < 1: rounding is kept away from it.
    const missing = sub<Tensor1D>(1 + 1e-6, mul(ofTruth, labelled));
    return sum<Scalar>(mul(losses, pow(missing, focal)));
  });
}

function weightOf(targets: readonly (SoftTarget | undefined)[]): number {
  return targets.reduce((total, target) => total + (target?.weight ?? 0), 0);
}

type Labels = readonly (Label | undefined)[];

/** Both losses of a task, from the one that takes labels before they are known. */
export function losses(
  lossOf: (outputs: Tensor2D, labels: HostValue<Labels>) => Scalar,
): Required<Pick<FittedTask, 'loss' | 'lossOf'>> {
  return { lossOf, loss: (outputs, labels) => lossOf(outputs, hostValue(labels)) };
}

/** Probabilities of a row of logits. */
export function softmaxOf(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / total);
}

/** Index of the largest value, the first of equal ones. */
export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}

/** Every class with its probability, the most probable first. */
export function ranked(
  classes: readonly string[],
  probabilities: readonly number[],
): LabelProbability[] {
  return classes
    .map((label, k) => ({ label, probability: probabilities[k]! }))
    .sort((a, b) => b.probability - a.probability);
}

/** Rows of [n, K]. @throws ShapeError for other numbers; NonFiniteError for an output that is not finite. */
export function rowsOf(where: string, outputs: Float32Array, count: number, width: number) {
  if (outputs.length !== count * width) {
    throw new ShapeError('the outputs are not as many as the labels have', {
      where,
      expected: `${count} × ${width}`,
      got: outputs.length,
    });
  }
  const bad = outputs.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new NonFiniteError('an output of the head is not finite', {
      where,
      got: `${outputs[bad]!} for sample ${Math.floor(bad / width)}`,
    });
  }
  return Array.from({ length: count }, (_, i) => outputs.subarray(i * width, (i + 1) * width));
}

/** Names of the metrics of {@link measureClasses}, each with its best value. */
export const bestOfClasses: Readonly<Record<string, number>> = {
  accuracy: 1,
  balancedAccuracy: 1,
  f1Macro: 1,
  f1Weighted: 1,
  rocAuc: 1,
  averagePrecision: 1,
  logLoss: 0,
  brier: 0,
  calibrationError: 0,
};

/**
 * Metrics of samples that have one class each. A label that is none of `classes` is a class that
 * the training split did not show: it is never predicted, and its probability is 0.
 */
export function measureClasses(
  classes: readonly string[],
  probabilities: readonly (readonly number[])[],
  labels: readonly string[],
): TaskFigures {
  const names = [...classes, ...new Set(labels.filter((label) => !classes.includes(label)))];
  const place = new Map(names.map((name, k) => [name, k]));
  const truth = labels.map((label) => place.get(label)!);
  const predicted = probabilities.map(largest);
  const confusion = confusionMatrix(truth, predicted, names.length);
  const figures = confusionFigures(confusion);
  const right = truth.map((k, i) => k === predicted[i]);
  const ofTruth = truth.map((k, i) => probabilities[i]![k] ?? 0);
  const brier = probabilities.map(
    (row, i) => brierOf(row, truth[i]!) + (truth[i]! >= row.length ? 1 : 0),
  );
  const areas = { rocAuc, averagePrecision };
  const overRest = Object.entries(areas).flatMap(([name, area]): [string, number][] => {
    const each = classes.flatMap((_, k) => {
      const positive = truth.map((t) => t === k);
      if (!positive.includes(true) || !positive.includes(false)) return [];
      return (
        area(
          positive,
          probabilities.map((row) => row[k]!),
        ) ?? []
      );
    });
    return each.length === 0 ? [] : [[name, mean(each)]];
  });
  return {
    metrics: {
      accuracy: figures.accuracy,
      balancedAccuracy: figures.balancedAccuracy,
      f1Macro: figures.f1Macro,
      f1Weighted: figures.f1Weighted,
      ...Object.fromEntries(overRest),
      logLoss: logLoss(ofTruth),
      brier: mean(brier),
      calibrationError: calibrationError(
        probabilities.map((row) => Math.max(...row)),
        right,
      ),
    },
    outcomes: { accuracy: right.map(Number), logLoss: ofTruth.map(surprise), brier },
    ...classTables(names, confusion),
  };
}

/** The rows of the classes that occur, and the mistakes, of a confusion matrix. */
export function classTables(
  names: readonly string[],
  confusion: readonly (readonly number[])[],
): Pick<TaskFigures, 'classes' | 'confusions'> {
  return {
    classes: classFigures(confusion)
      .map((row, k) => ({ label: names[k]!, ...row }))
      .filter(({ support }, k) => support > 0 || confusion.some((row) => row[k]! > 0))
      .sort((a, b) => b.support - a.support),
    confusions: confusion
      .flatMap((row, k) =>
        row.map((count, p) => ({ label: names[k]!, predicted: names[p]!, count, right: k === p })),
      )
      .filter(({ count, right: same }) => count > 0 && !same)
      .sort((a, b) => b.count - a.count)
      .map(({ label, predicted: other, count }) => ({ label, predicted: other, count })),
  };
}

/** The same figures with `prefix.` before each metric. */
export function named(prefix: string, figures: TaskFigures): TaskFigures {
  const rename = <Value>(by: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(by).map(([name, value]) => [`${prefix}.${name}`, value]));
  return { ...figures, metrics: rename(figures.metrics), outcomes: rename(figures.outcomes) };
}

export function namedFigures(
  prefix: string,
  by: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(by).map(([name, value]) => [`${prefix}.${name}`, value]),
  );
}
