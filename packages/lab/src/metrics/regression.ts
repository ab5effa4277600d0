import { ConfigError, NonFiniteError } from '@crossweave/core';
import { mean } from '../statistics/moments';
import { empty, total } from './confusion';

export interface RegressionFigures {
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** 1 − squared error / squared deviation of the truth from its mean. Absent where that is 0. */
  readonly rSquared?: number;
  /** Correlation of the ranks, ties at their mean rank. Absent where a side is constant. */
  readonly spearman?: number;
}

/**
 * As scikit-learn's `mean_absolute_error`, `root_mean_squared_error` and `r2_score`, and SciPy's
 * `spearmanr`.
 *
 * @throws ConfigError for lists of different length or none; NonFiniteError for a value that is not
 *   finite.
 */
export function regressionFigures(
  truth: readonly number[],
  predicted: readonly number[],
): RegressionFigures {
  const where = 'regressionFigures';
  if (truth.length === 0) throw empty(where);
  if (truth.length !== predicted.length) {
    throw new ConfigError('true and predicted values differ in number', {
      where,
      expected: truth.length,
      got: predicted.length,
    });
  }
  if (![...truth, ...predicted].every(Number.isFinite)) {
    throw new NonFiniteError('a value is not finite', { where });
  }
  // Squares of very large or small numbers would be infinite or 0.
  const unit = powerOfTwo(truth, predicted);
  const errors = truth.map((value, i) => predicted[i]! / unit - value / unit);
  const squared = total(errors.map((error) => error ** 2));
  const centre = mean(truth.map((value) => value / unit));
  const spread = total(truth.map((value) => (value / unit - centre) ** 2));
  const rho = correlation(ranks(truth), ranks(predicted));
  return {
    mae: unit * mean(errors.map(Math.abs)),
    rmse: unit * Math.sqrt(squared / truth.length),
    ...(spread > 0 && { rSquared: 1 - squared / spread }),
    ...(rho !== undefined && { spearman: rho }),
  };
}

/** Near the largest value: dividing by it rounds nothing, unless numbers are below 1e-300. */
function powerOfTwo(...lists: readonly (readonly number[])[]): number {
  const largest = lists.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return 2 ** Math.max(-1022, Math.floor(Math.log2(largest)));
}

/** Ranks from 1, equal values at the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const out = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let at = from; at <= to; at++) out[order[at]!] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return out;
}

function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = total(a.map((value, i) => (value - ma) * (b[i]! - mb)));
  const spread = Math.sqrt(
    total(a.map((value) => (value - ma) ** 2)) * total(b.map((value) => (value - mb) ** 2)),
  );
  return spread > 0 ? covariance / spread : undefined;
}
