import { boolean, checkOptions, number } from '@crossweave/core/authoring';
import { requireLabelled, type LabelledVectors } from './labelled-vectors';
import { minimise, type Objective } from './minimise';
import { meanRow, rowsOf, type Vectors } from './vectors';

export interface LinearProbeOptions {
  /** C, the weight of the loss against ½‖W‖², > 0; scikit-learn's. Default 1. */
  readonly c?: number;
  /** Whether each number gets mean 0 and deviation 1 over `train` first. Default true. */
  readonly standardise?: boolean;
}

/** The objective by the number of rows: flat enough for the classes not to change. */
const stop = { tolerance: 1e-7, most: 1000 };

/**
 * The classes that a linear model of the vectors gives: multinomial logistic regression that minimises
 * C·Σ cross-entropy + ½‖W‖² (biases free), as scikit-learn's `LogisticRegression`, after its `StandardScaler`.
 * What frozen features say of the classes (Alain and Bengio 2017, arXiv 1610.01644).
 *
 * @returns [rows of test] classes; one that `train` lacks is never given.
 * @throws ConfigError for a wrong option, sizes that do not fit, or one class alone; NonFiniteError.
 */
export function linearProbe(
  train: LabelledVectors,
  test: LabelledVectors,
  options: LinearProbeOptions = {},
): number[] {
  const { logits, seen } = fitProbe(train, test, options);
  return logits.map((row) => seen[row.indexOf(Math.max(...row))]!);
}

/**
 * @returns `logits` [rows of test, classes of train], whose mean over classes is 0, as are the rows of the
 *   optimal W and b; and which class each column is.
 */
export function fitProbe(
  train: LabelledVectors,
  test: LabelledVectors,
  options: LinearProbeOptions = {},
): { readonly logits: number[][]; readonly seen: readonly number[] } {
  const where = 'linearProbe';
  checkOptions(where, options, { c: number({ above: 0 }), standardise: boolean() });
  requireLabelled(where, train, test);
  const { c = 1, standardise = true } = options;
  const seen = [...new Set(train.classes)].sort((a, b) => a - b);
  const columns = train.classes.map((label) => seen.indexOf(label));
  const scale = standardise
    ? standardiser(train)
    : (side: Vectors) => Float64Array.from(side.values);
  const { width } = train;
  const count = seen.length;
  // For two classes scikit-learn's penalty is on the difference of the two rows: four times their own
  // squares at the optimum, where they are opposite, instead of twice.
  const weight = count === 2 ? c / 2 : c;
  const objective = crossEntropy(scale(train), columns, { width, count, c: weight });
  const fitted = minimise(objective, new Float64Array(count * (width + 1)), stop);
  const asked = scale(test);
  const logits = Array.from({ length: rowsOf(test) }, (_, row) => {
    const own = outputs(asked, row, fitted, width, count);
    // A constant on all of them changes nothing; without it they are the same on every machine.
    const mean = own.reduce((a, b) => a + b) / count;
    return [...own].map((each) => each - mean);
  });
  return { logits, seen };
}

/** By mean and deviation of the training rows; a number that never changes stays where it is but for its mean. */
function standardiser(train: Vectors): (side: Vectors) => Float64Array {
  const { width } = train;
  const mean = meanRow(train.values, width);
  const squares = Float64Array.from(train.values, (value, i) => (value - mean[i % width]!) ** 2);
  const deviation = meanRow(squares, width).map((variance, d) =>
    variance <= 1e-24 * mean[d]! ** 2 ? 1 : Math.sqrt(variance),
  );
  return ({ values }) =>
    Float64Array.from(values, (value, i) => (value - mean[i % width]!) / deviation[i % width]!);
}

/** (Σ cross-entropy + ½‖W‖²/C) / n of point [K, width + 1], whose last column are the biases. */
function crossEntropy(
  x: Float64Array,
  columns: readonly number[],
  { width, count, c }: { readonly width: number; readonly count: number; readonly c: number },
): Objective {
  const rows = columns.length;
  return (point, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const logits = outputs(x, row, point, width, count);
      const top = Math.max(...logits);
      const powers = logits.map((each) => Math.exp(each - top));
      const sum = powers.reduce((a, b) => a + b);
      loss += Math.log(sum) + top - logits[columns[row]!]!;
      for (let k = 0; k < count; k++) {
        const off = powers[k]! / sum - (columns[row] === k ? 1 : 0);
        const at = k * (width + 1);
        for (let d = 0; d < width; d++) gradient[at + d]! += off * x[row * width + d]!;
        gradient[at + width]! += off;
      }
    }
    for (let i = 0; i < point.length; i++) {
      if (i % (width + 1) === width) continue;
      loss += point[i]! ** 2 / (2 * c);
      gradient[i]! += point[i]! / c;
    }
    for (let i = 0; i < gradient.length; i++) gradient[i]! /= rows;
    return loss / rows;
  };
}

/** The K outputs of a row. */
function outputs(
  x: Float64Array,
  row: number,
  point: Float64Array,
  width: number,
  count: number,
): Float64Array {
  const out = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const at = k * (width + 1);
    let sum = point[at + width]!;
    for (let d = 0; d < width; d++) sum += point[at + d]! * x[row * width + d]!;
    out[k] = sum;
  }
  return out;
}
