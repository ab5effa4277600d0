import type { FittedTask, FittedThresholds, Label, Task, TaskFigures } from '@crossweave/core';
import {
  checkOptions,
  exactly,
  listOf,
  number,
  oneOf,
  requireValue,
  text,
  withConfig,
  type Checks,
} from '@crossweave/core/authoring';
import { fromCounts, total } from '../metrics/confusion';
import { surprise } from '../metrics/calibration';
import { averagePrecision, rocAuc } from '../metrics/ranking';
import { mean } from '../statistics/moments';
import { checkedTask } from './checked-task';
import { binaryLoss, sigmoidOf, type BinaryTarget } from './binary-loss';
import { readFacts } from './facts';
import { headChecks, headOptions, taskHead, type HeadOptions } from './head';
import { requireLabels, sharesOf, wrongLabel } from './labels';
import { losses, named, namedFigures, ranked, rowsOf } from './softmax';
import { bestThreshold, thresholdList, type Decision } from './thresholds';

export interface MultiLabelOptions extends HeadOptions {
  /** A class is given where its probability is above it, in (0, 1). Default 0.5. */
  readonly threshold?: number;
  /**
   * Which thresholds are fitted on a validation split ({@link FittedTask.thresholds}): `per-class`,
   * those of largest F1 of each class; `shared`, one for all classes, that of largest micro-averaged
   * F1; `none`. Default `per-class`, and `none` where `threshold` is given.
   */
  readonly fitThresholds?: 'per-class' | 'shared' | 'none';
  /** `balanced`: a pair that has a class counts (1 − share)/share of one that has not. Default: 1. */
  readonly positiveWeights?: 'balanced';
}

interface ClassesFacts {
  readonly classes: readonly string[];
  /** Of the training pairs that have the class. */
  readonly shares: readonly number[];
}

const checks: Checks<MultiLabelOptions> = {
  ...headChecks,
  threshold: number({ above: 0, below: 1 }),
  fitThresholds: oneOf('per-class', 'shared', 'none'),
  positiveWeights: oneOf('balanced'),
};

const bestFigures = {
  ...{ exactMatch: 1, f1Micro: 1, f1Macro: 1, meanAveragePrecision: 1, rocAuc: 1 },
  ...{ logLoss: 0, brier: 0 },
};

/**
 * Any number of classes a pair, each by itself. Labels are lists of texts, an empty list for none;
 * a text is a list of one. The loss is PyTorch's `binary_cross_entropy_with_logits`, the mean over
 * pairs and classes, with `pos_weight`.
 */
export function multiLabel(options: MultiLabelOptions = {}): Task {
  const name = 'multi-label';
  checkOptions(name, options, checks);
  const classesOf = (label: Label): readonly string[] => {
    const list: unknown = typeof label === 'string' ? [label] : label;
    if (
      Array.isArray(list) &&
      list.every((each) => typeof each === 'string' && each.trim() !== '')
    ) {
      return [...new Set(list as string[])];
    }
    throw wrongLabel(name, label, 'a list of classes', 'A number: the task regression.');
  };
  return {
    name,
    fit(labels) {
      requireLabels(name, labels);
      const each = labels.map(classesOf);
      const { classes } = sharesOf(name, each.flat());
      const shares = classes.map((own) => mean(each.map((list) => Number(list.includes(own)))));
      return fitted({ classes, shares });
    },
    restore: (facts) =>
      fitted(
        readFacts<ClassesFacts>(name, facts, {
          classes: listOf(text(), { min: 2, distinct: true }),
          shares: listOf(number({ above: 0, max: 1 }), { min: 2 }),
        }),
      ),
  };

  /** @param own [K], if not the usual ones. */
  function fitted(facts: ClassesFacts, own?: readonly number[]): FittedTask {
    const { classes, shares } = facts;
    const { threshold = 0.5, positiveWeights } = options;
    const { fitThresholds = options.threshold === undefined ? 'per-class' : 'none' } = options;
    const thresholds = own ?? classes.map(() => threshold);
    const positive = shares.map((part) => (positiveWeights === 'balanced' ? (1 - part) / part : 1));
    const targetOf = (given: readonly string[]): BinaryTarget => {
      const has = new Set(given);
      return {
        yes: classes.map((each, k) => (has.has(each) ? positive[k]! : 0)),
        no: classes.map((each) => Number(!has.has(each))),
      };
    };
    return withConfig(
      name,
      { ...options, facts, ...(own && { thresholds: own }) },
      checkedTask({
        name,
        facts,
        ...taskHead(classes.length, headOptions(options)),
        // Every pair may have a class: the logit stays finite.
        prior: shares.map((part) => Math.log(part / Math.max(1e-6, 1 - part))),
        logits: true,
        best: namedFigures(name, bestFigures),
        ...losses((outputs, labels) =>
          binaryLoss(
            outputs,
            labels.map((all) =>
              all.map((label) => (label === undefined ? undefined : targetOf(classesOf(label)))),
            ),
            classes.length,
          ),
        ),
        measure(outputs, labels) {
          requireLabels(name, labels);
          const rows = rowsOf(name, outputs, labels.length, classes.length).map(sigmoidOf);
          return named(name, measureSets(classes, rows, labels.map(classesOf), thresholds));
        },
        chance: () => namedFigures(name, { rocAuc: 0.5 }),
        knows: (label) => classesOf(label).every((each) => classes.includes(each)),
        predict(outputs) {
          const probabilities = sigmoidOf(outputs);
          const given = probabilities.map((p, k) => p > thresholds[k]!);
          return {
            label: classes.filter((_, k) => given[k]!),
            probability: Math.min(...probabilities.map((p, k) => (given[k]! ? p : 1 - p))),
            probabilities: ranked(classes, probabilities),
          };
        },
        ...(fitThresholds !== 'none' && {
          thresholds: {
            metrics: ['exactMatch', 'f1Micro', 'f1Macro'].map((metric) => `${name}.${metric}`),
            fit(outputs: Float32Array, labels: readonly Label[]) {
              requireLabels(name, labels);
              const rows = rowsOf(name, outputs, labels.length, classes.length).map(sigmoidOf);
              const truth = labels.map(classesOf);
              return fittedThresholds(classes, rows, truth, { fitThresholds, threshold });
            },
            at(values: readonly number[]) {
              requireValue(name, 'thresholds', values, thresholdList);
              requireValue(name, 'number of thresholds', values.length, exactly(classes.length));
              return fitted(facts, [...values]);
            },
          },
        }),
      }),
    );
  }
}

function fittedThresholds(
  classes: readonly string[],
  probabilities: readonly (readonly number[])[],
  labels: readonly (readonly string[])[],
  { fitThresholds, threshold }: Required<Pick<MultiLabelOptions, 'fitThresholds' | 'threshold'>>,
): FittedThresholds {
  const columns = classes.map((label, k) =>
    labels.map((list, i): Decision => ({
      probability: probabilities[i]![k]!,
      has: list.includes(label),
    })),
  );
  const withoutPositives = classes.filter((_, k) => !columns[k]!.some(({ has }) => has));
  if (fitThresholds !== 'shared') {
    return { values: columns.map((each) => bestThreshold(each, threshold)), withoutPositives };
  }
  const unknown = labels.flat().filter((label) => !classes.includes(label)).length;
  const shared = bestThreshold(columns.flat(), threshold, unknown);
  // One for all is that of classes without a positive as well.
  const unfitted = withoutPositives.length === classes.length ? withoutPositives : [];
  return { values: classes.map(() => shared), withoutPositives: unfitted };
}

/** Classes that the training split did not show are never given; one that a label has is missed. */
function measureSets(
  known: readonly string[],
  probabilities: readonly (readonly number[])[],
  labels: readonly (readonly string[])[],
  thresholds: readonly number[],
): TaskFigures {
  const classes = [...known, ...new Set(labels.flat().filter((each) => !known.includes(each)))];
  const truth = labels.map((list) => classes.map((each) => list.includes(each)));
  const scores = probabilities.map((row) => classes.map((_, k) => row[k] ?? 0));
  const given = scores.map((row) => row.map((p, k) => p > (thresholds[k] ?? 0)));
  const columns = classes.map((label, k) => {
    const [has, says] = [truth.map((row) => row[k]!), given.map((row) => row[k]!)];
    const right = has.filter((one, i) => one && says[i]!).length;
    const [support, said] = [has.filter(Boolean).length, says.filter(Boolean).length];
    const column = scores.map((row) => row[k]!);
    return { label, support, said, right, has, column, ...fromCounts(right, said, support) };
  });
  const seen = columns.filter(({ support, said }) => support + said > 0);
  const sums = (of: 'right' | 'said' | 'support') => total(columns.map((column) => column[of]));
  const areas = (of: typeof rocAuc): number[] =>
    columns.flatMap(({ has, column, support }) => (support === 0 ? [] : (of(has, column) ?? [])));
  const [precisions, rocs] = [areas(averagePrecision), areas(rocAuc)];
  const exact = truth.map((row, i) => Number(row.every((one, k) => one === given[i]![k])));
  const over = (of: (p: number, one: boolean) => number): number[] =>
    truth.map((row, i) => mean(row.map((one, k) => of(scores[i]![k]!, one))));
  const losses = over((p, one) => surprise(one ? p : 1 - p));
  const brier = over((p, one) => (p - Number(one)) ** 2);
  return {
    metrics: {
      exactMatch: mean(exact),
      f1Micro: fromCounts(sums('right'), sums('said'), sums('support')).f1,
      // Where no pair has a class and none is given, nothing is wrong.
      f1Macro: seen.length === 0 ? 1 : mean(seen.map(({ f1 }) => f1)),
      ...(precisions.length > 0 && { meanAveragePrecision: mean(precisions) }),
      ...(rocs.length > 0 && { rocAuc: mean(rocs) }),
      logLoss: mean(losses),
      brier: mean(brier),
    },
    outcomes: { exactMatch: exact, logLoss: losses, brier },
    classes: seen
      .map(({ label, support, precision, recall, f1 }) => ({
        label,
        support,
        precision,
        recall,
        f1,
      }))
      .sort((a, b) => b.support - a.support),
  };
}
