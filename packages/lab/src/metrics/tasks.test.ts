import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/metrics.json';
import { brierOf, calibrationError, logLoss, reliability } from './calibration';
import { classFigures, confusionFigures, confusionMatrix } from './confusion';
import { quadraticKappa } from './quadratic-kappa';
import { averagePrecision, rocAuc } from './ranking';
import { regressionFigures } from './regression';

const close = (actual: number | undefined, expected: number): void => {
  expect(actual).toBeCloseTo(expected, 7);
};

const softmax = (logits: readonly number[]): number[] => {
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};
const argmax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

describe.each(fixture.classes)('metrics of classes as scikit-learn’s: $name', (given) => {
  const probabilities = given.logits.map(softmax);
  const predicted = given.logits.map(argmax);
  const classes = given.logits[0]!.length;

  it('accuracies and F1', () => {
    const confusion = confusionMatrix(given.truth, predicted, classes);
    expect(confusion).toEqual(given.confusion);
    const figures = confusionFigures(confusion);
    for (const name of [
      ...(['accuracy', 'balancedAccuracy', 'f1Micro', 'f1Macro', 'f1Weighted'] as const),
    ]) {
      close(figures[name], given[name]);
    }
  });

  it('log loss, Brier, calibration error', () => {
    close(logLoss(probabilities.map((row, i) => row[given.truth[i]!]!)), given.logLoss);
    const brier = probabilities.map((row, i) => brierOf(row, given.truth[i]!));
    close(brier.reduce((a, b) => a + b) / brier.length, given.brier);
    const sure = probabilities.map((row) => Math.max(...row));
    const right = predicted.map((k, i) => k === given.truth[i]);
    close(calibrationError(sure, right), given.ece);
    const bins = reliability(sure, right);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(sure.length);
  });

  it('areas, one class against the rest, over classes that have both', () => {
    const over = (of: typeof rocAuc): number => {
      const values = Array.from({ length: classes }, (_, k) => {
        const positive = given.truth.map((truth) => truth === k);
        if (!positive.includes(true)) return undefined;
        const scores = probabilities.map((row) => row[k]!);
        return of(positive, scores);
      }).filter((value) => value !== undefined);
      return values.reduce((a, b) => a + b) / values.length;
    };
    close(over(rocAuc), given.rocAuc);
    close(over(averagePrecision), given.averagePrecision);
  });
});

describe('areas of one class', () => {
  it.each(fixture.binary)('are scikit-learn’s: $name', ({ positive, scores, ...expected }) => {
    close(averagePrecision(positive, scores), expected.averagePrecision);
    close(rocAuc(positive, scores), expected.rocAuc);
  });

  it('are not defined without a positive, or without a negative', () => {
    expect(averagePrecision([false], [1])).toBeUndefined();
    expect(rocAuc([true, true], [1, 2])).toBeUndefined();
    expect(() => rocAuc([true, false], [1])).toThrow(/differ in number/);
    expect(() => rocAuc([true, false], [1, NaN])).toThrow(/not a number/);
  });
});

describe('confusion matrices', () => {
  it('have a row of zeros for a class that is absent', () => {
    const confusion = confusionMatrix([0, 0], [0, 2], 3);
    expect(classFigures(confusion)).toEqual([
      { support: 2, precision: 1, recall: 0.5, f1: 2 / 3 },
      { support: 0, precision: 0, recall: 0, f1: 0 },
      { support: 0, precision: 0, recall: 0, f1: 0 },
    ]);
    // Class 1 neither occurs nor is predicted: it is not in the mean.
    expect(confusionFigures(confusion).f1Macro).toBeCloseTo(1 / 3);
  });

  it('refuse lists that do not fit, and nothing', () => {
    expect(() => confusionMatrix([0], [], 2)).toThrow(/differ in number/);
    expect(() => confusionMatrix([0], [2], 2)).toThrow(/no such class/);
    expect(() => confusionFigures([[0]])).toThrow(/no sample/);
    expect(() => logLoss([])).toThrow(/no sample/);
    expect(() => confusionMatrix([0], [0], 1.5)).toThrow(/"classes"/);
    expect(() => confusionFigures([[1, 2], [3]])).toThrow(/is square.* got rows of 2, 1/);
    expect(() =>
      classFigures([
        [-1, 0],
        [0, 1],
      ]),
    ).toThrow(/no count.* got -1/);
  });
});

describe('figures of probabilities', () => {
  it('refuse what is no probability, and lists that do not fit', () => {
    expect(() => logLoss([0.5, Number.NaN])).toThrow(/NaN at place 1/);
    expect(() => logLoss([1.7])).toThrow(/no probability.* got 1\.7 at place 0/);
    expect(logLoss([1 + 1e-7])).toBe(0);
    expect(() => calibrationError([Number.NaN], [true])).toThrow(/NaN/);
    expect(() => calibrationError([0.5, 0.9], [true])).toThrow(/differ in number/);
    for (const bins of [0, 1.5]) {
      expect(() => reliability([0.5], [true], bins)).toThrow(/"bins"/);
    }
  });

  it('refuse labels that are not true or false: 1 would count as a positive and never be one', () => {
    expect(() => rocAuc([1, 0] as never, [0.9, 0.1])).toThrow(
      /true or false for each sample; got 1/,
    );
    expect(() => averagePrecision([true, false], ['9', '10'] as never)).toThrow(/not a number/);
  });
});

describe('metrics of numbers', () => {
  it.each(fixture.numbers)('are scikit-learn’s and SciPy’s: $name', (given) => {
    const found = regressionFigures(given.truth, given.predicted);
    for (const name of ['mae', 'rmse', 'spearman'] as const) close(found[name], given[name]);
    close(found.rSquared, given.r2);
  });

  it('leave out what a constant side does not define, and refuse what is not finite', () => {
    expect(regressionFigures([2, 2], [1, 3])).toEqual({ mae: 1, rmse: 1 });
    expect(() => regressionFigures([1], [NaN])).toThrow(/not finite/);
    expect(() => regressionFigures([], [])).toThrow(/no sample/);
    expect(() => regressionFigures([1], [])).toThrow(/differ in number/);
  });

  it.each([1e200, 1e-200, 1])('are those of smaller numbers, times %d', (unit) => {
    const found = regressionFigures([unit, 2 * unit, 4 * unit], [unit, 3 * unit, 2 * unit]);
    close(found.mae / unit, 1);
    close(found.rmse / unit, Math.sqrt(5 / 3));
    close(found.rSquared, 1 - 5 / (14 / 3));
    expect(regressionFigures([0, 0], [0, 0])).toEqual({ mae: 0, rmse: 0 });
  });
});

describe('metrics of ranks', () => {
  it.each(fixture.ranks)(
    'are scikit-learn’s: $name',
    ({ truth, predicted, ranks, ...expected }) => {
      const confusion = confusionMatrix(truth, predicted, ranks);
      close(quadraticKappa(confusion), expected.quadraticKappa);
    },
  );

  it('leave out what one rank alone does not define, and refuse what is no matrix of counts', () => {
    expect(quadraticKappa(confusionMatrix([1, 1], [1, 1], 3))).toBeUndefined();
    expect(() => quadraticKappa([[0]])).toThrow(/no sample/);
    expect(() => quadraticKappa([[1, 2]])).toThrow(/is square/);
  });
});
