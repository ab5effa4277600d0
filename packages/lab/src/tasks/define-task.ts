import { gather, mul, sum, tidy } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  FileFormatError,
  type FittedTask,
  type Label,
  type Task,
  type TaskFigures,
} from '@crossweave/core';
import {
  callback,
  checkOptions,
  count,
  fields,
  listOf,
  number,
  recordOf,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { mean } from '../statistics/moments';
import { checkedTask } from './checked-task';
import { constantOutputs } from './constant-outputs';
import { readFacts } from './facts';
import { headChecks, taskHead, type HeadOptions } from './head';
import { requireLabels, wrongLabel } from './labels';
import { named, namedFigures, rowsOf } from './softmax';

/** A metric that is a mean over samples. */
export interface SampleMetric<Value extends Label> {
  /** What a prediction without a mistake has: 1 of a share, 0 of an error. */
  readonly best: 0 | 1;
  /** What one sample has. */
  readonly of: (predicted: Value, truth: Value) => number;
}

/** What of a task is its own. K outputs of the head, n labelled pairs. */
export interface TaskParts<Value extends Label> {
  /** Prefix of the names of its metrics. */
  readonly name: string;
  /** K. */
  readonly outputs: number;
  /** A label as the task understands it; undefined for one that it does not take. */
  readonly read: (label: Label) => Value | undefined;
  /** [n] the loss of each row of outputs [n, K]. Rows without a label are not among them. */
  readonly loss: (outputs: Tensor2D, values: readonly Value[]) => Tensor1D;
  /** What a row of outputs [K] says. */
  readonly predict: (outputs: readonly number[]) => Value;
  /** Default: `accuracy`, the share of predictions that equal the label. */
  readonly metrics?: Readonly<Record<string, SampleMetric<Value>>>;
  /** Default: one linear layer after a layer norm. */
  readonly head?: HeadOptions;
}

const checks: Checks<TaskParts<Label>> = {
  name: text(),
  outputs: count(),
  read: callback(),
  loss: callback(),
  predict: callback(),
  metrics: recordOf(
    fields({ best: number({ integer: true, min: 0, max: 1 }), of: callback() }, ['best', 'of']),
  ),

  head: fields(headChecks),
};

/**
 * Makes a task from three functions: `read` reads a label, `loss` gives the loss of each row, and
 * `predict` gives the prediction of a row of outputs. Labels that `read` does not know are refused; rows without a label
 * are left out of loss and metrics; the prior, which the floor `majority` predicts and chance is
 * measured by, is the constant outputs of least loss on the training labels.
 *
 * A task with facts of its own besides that, or with metrics that are no means over samples,
 * implements `Task` of `@crossweave/core` itself. Either is checked by `testTask`.
 *
 * @throws ConfigError for a wrong option.
 */
export function defineTask<Value extends Label>(parts: TaskParts<Value>): Task {
  const given = parts as unknown as TaskParts<Label>;
  checkOptions('defineTask', given, checks, ['name', 'outputs', 'read', 'loss', 'predict']);
  const { name, outputs: width, predict } = parts;
  const metrics = parts.metrics ?? { accuracy: equality };
  const head = taskHead(width, parts.head);
  const valueOf = (label: Label): Value => {
    const value = parts.read(label);
    if (value !== undefined) return value;
    throw wrongLabel(name, label, 'a label that "read" knows', 'Correct the labels of the data.');
  };
  const figures = (predicted: readonly Value[], truth: readonly Value[]): TaskFigures => {
    const outcomes = mapEach(metrics, ({ of }) =>
      truth.map((value, i) => of(predicted[i]!, value)),
    );
    return named(name, { metrics: mapEach(outcomes, mean), outcomes });
  };

  const fitted = (prior: readonly number[]): FittedTask =>
    checkedTask({
      name,
      facts: { prior },
      ...head,
      prior,
      logits: false,
      best: namedFigures(
        name,
        mapEach(metrics, ({ best }) => best),
      ),
      loss: (outputs, labels) =>
        tidy(() => {
          const rows = [...labels.keys()].filter((row) => labels[row] !== undefined);
          if (rows.length === 0) return mul<Scalar>(sum(outputs), 0);
          const values = rows.map((row) => valueOf(labels[row]!));
          const each = parts.loss(gather(outputs, rows), values);
          return mul<Scalar>(sum(each), 1 / rows.length);
        }),
      measure(outputs, labels) {
        requireLabels(name, labels);
        const rows = rowsOf(name, outputs, labels.length, width);
        return figures(
          rows.map((row) => predict(Array.from(row))),
          labels.map(valueOf),
        );
      },
      chance: (labels) =>
        figures(
          labels.map(() => predict(prior)),
          labels.map(valueOf),
        ).metrics,
      predict: (outputs) => ({ label: predict(Array.from(outputs)) }),
    });
  return {
    name,
    fit(labels) {
      requireLabels(name, labels);
      return fitted(constantOutputs(width, labels.map(valueOf), parts.loss));
    },
    restore(facts) {
      const { prior } = readFacts<{ prior: number[] }>(name, facts, { prior: listOf(number()) });
      if (prior.length === width) return fitted(prior);
      throw new FileFormatError('the facts are those of a task with another number of outputs', {
        where: name,
        expected: width,
        got: prior.length,
      });
    },
  };
}

const equality = {
  best: 1 as const,
  of: (predicted: Label, truth: Label): number =>
    Number(JSON.stringify(predicted) === JSON.stringify(truth)),
};

function mapEach<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
