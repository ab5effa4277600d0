import { add, mul, square, sqrt, div, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Label } from '../contracts/dataset';
import { labelIdentity } from '../contracts/label-identity';
import type { FittedTask, TaskFigures } from '../contracts/task';
import { key, normal, permutation } from '../keys';
import { ConformanceError, check, type Check } from './check';
import { valuesOf } from './compare';
import { gradientsAt } from './gradients';

/** The checks of a task's metrics and predictions. */
export function measureChecks(
  fit: () => FittedTask,
  labels: readonly Label[],
  name: string,
): Check[] {
  return [
    check('its metrics do not depend on the order of samples, and outcomes have their mean', () => {
      const task = fit();
      const outputs = valuesOf(normal(key(46), [labels.length, task.outputs]));
      const figures = task.measure(outputs, labels);
      assertNames(task, figures, name);
      const order = permutation(key(47), labels.length);
      const turned = task.measure(
        Float32Array.from(order.flatMap((i) => [...rowOf(task, outputs, i)])),
        order.map((i) => labels[i]!),
      );
      for (const [metric, value] of Object.entries(figures.metrics)) {
        assertNear(`${metric} of permuted samples`, turned.metrics[metric], value, 1e-6);
        const outcomes = figures.outcomes[metric];
        if (outcomes === undefined) continue;
        assertNear(`outcomes of ${metric}`, outcomes.length, labels.length, 0);
        const mean = outcomes.reduce((sum, each) => sum + each, 0) / outcomes.length;
        assertNear(`the mean of the outcomes of ${metric}`, mean, value, 1e-5);
        order.forEach((i, at) => {
          assertNear(`an outcome of ${metric}`, turned.outcomes[metric]?.[at], outcomes[i]!, 1e-6);
        });
      }
    }),
    check('its chance and its prior are metrics of its own', () => {
      const task = fit();
      if (task.logits && !(`${name}.logLoss` in task.best)) {
        throw new ConformanceError('the task has logits, and no metric to calibrate them by', {
          expected: `"${name}.logLoss" among the metrics, or logits: false`,
        });
      }
      for (const [metric, value] of Object.entries(task.chance(labels))) {
        if (metric in task.best && Number.isFinite(value)) continue;
        throw new ConformanceError(`chance has "${metric}", which is no metric of the task`, {
          expected: Object.keys(task.best).join(', '),
          got: value,
        });
      }
      const constant = Float32Array.from(labels.flatMap(() => [...task.prior]));
      assertNames(task, task.measure(constant, labels), name);
    }),
    ...[false, true].map((absent) =>
      check(
        absent
          ? 'outputs without a mistake are best where a class is absent: it counts in no mean'
          : 'outputs without a mistake reach the best value of every metric',
        () => {
          const task = fit();
          const last = labelIdentity(labels.at(-1));
          const shown = absent ? labels.filter((label) => labelIdentity(label) !== last) : labels;
          assertBest(task, shown);
        },
      ),
    ),
    check('its predictions are those of its outputs, with probabilities from 0 to 1', () => {
      const task = fit();
      const outputs = perfectOutputs(task, labels);
      const predictions = labels.map((_, i) => task.predict(rowOf(task, outputs, i)));
      predictions.forEach((prediction, i) => {
        labels.forEach((label, j) => {
          const same = labelIdentity(label) === labelIdentity(labels[i]);
          const equal =
            typeof prediction.label === 'number'
              ? Math.abs(prediction.label - Number(predictions[j]!.label)) < 1e-2
              : labelIdentity(prediction.label) === labelIdentity(predictions[j]!.label);
          if (equal === same) return;
          throw new ConformanceError(
            `predictions ${same ? 'differ where the labels are equal' : 'are equal where the labels differ'}`,
            {
              expected: `${JSON.stringify(labels[i])} and ${JSON.stringify(label)}`,
              got: prediction,
            },
          );
        });
        const all = prediction.probabilities?.map(({ probability }) => probability) ?? [];
        const sorted = [...all].sort((a, b) => b - a);
        const shares = [...all, prediction.probability ?? 0];
        if (shares.every((p) => p >= 0 && p <= 1) && sorted.every((p, k) => p === all[k])) return;
        throw new ConformanceError('probabilities are not sorted shares', {
          expected: 'numbers in [0, 1], the largest first',
          got: shares,
        });
      });
    }),
    check(
      'its thresholds are shares, one per output, and change only metrics that it names',
      () => {
        assertThresholds(fit(), labels);
      },
    ),
  ];
}

function assertThresholds(task: FittedTask, labels: readonly Label[]): void {
  if (task.thresholds === undefined) return;
  const { metrics, fit, at } = task.thresholds;
  const outputs = valuesOf(normal(key(48), [labels.length, task.outputs]));
  const { values } = fit(outputs, labels);
  if (values.length !== task.outputs || !values.every((value) => value > 0 && value < 1)) {
    throw new ConformanceError('the fitted thresholds are not one share per output', {
      expected: `${task.outputs} numbers in (0, 1)`,
      got: values,
    });
  }
  const after = at(values).measure(outputs, labels).metrics;
  for (const [metric, value] of Object.entries(task.measure(outputs, labels).metrics)) {
    if (metrics.includes(metric)) continue;
    assertNear(`${metric}, which thresholds do not change,`, after[metric], value, 0);
  }
}

function assertBest(task: FittedTask, labels: readonly Label[]): void {
  const { metrics } = task.measure(perfectOutputs(task, labels), labels);
  const constant = Float32Array.from(labels.flatMap(() => [...task.prior]));
  const known = task.measure(constant, labels).metrics;
  for (const [metric, value] of Object.entries(metrics)) {
    const best = task.best[metric]!;
    // A cost may be up to 30 % of its chance level, since smoothed targets have a minimum above 0.
    const within = best === 0 ? 0.3 * Math.abs(known[metric] ?? 1) + 0.02 : 0.02;
    assertNear(`${metric} of outputs without a mistake`, value, best, within);
  }
}

/**
 * Outputs that minimise the task's loss (Adam, 120 steps), as of a head that fits these labels
 * perfectly. So the author of a task need not provide them.
 */
function perfectOutputs(task: FittedTask, labels: readonly Label[]): Float32Array {
  const shape: [number, number] = [labels.length, task.outputs];
  let values = tensor2d(
    labels.flatMap(() => [...task.prior]),
    shape,
  );
  let [first, second] = [mul(values, 0), mul(values, 0)];
  for (let step = 1; step <= 120; step++) {
    const next = tidy(() => {
      const slope = gradientsAt(({ at }) => task.loss(at as Tensor2D, labels), { at: values })[
        'at'
      ] as Tensor2D;
      const m = add<Tensor2D>(mul(first, 0.9), mul(slope, 0.1));
      const v = add<Tensor2D>(mul(second, 0.99), mul(square(slope), 0.01));
      const corrected = div(m, 1 - 0.9 ** step);
      const scale = add(sqrt(div(v, 1 - 0.99 ** step)), 1e-12);
      const rate = 0.4 * (1 - step / 121);
      return [add<Tensor2D>(values, mul(div(corrected, scale), -rate)), m, v] as const;
    });
    [values, first, second].forEach((old) => old.dispose());
    [values, first, second] = next;
  }
  const found = valuesOf(values);
  [values, first, second].forEach((old) => old.dispose());
  return found;
}

function rowOf({ outputs }: FittedTask, values: Float32Array, row: number): Float32Array {
  return values.subarray(row * outputs, (row + 1) * outputs);
}

function assertNames(task: FittedTask, { metrics, outcomes }: TaskFigures, name: string): void {
  for (const metric of [...Object.keys(metrics), ...Object.keys(outcomes)]) {
    if (metric in task.best && metric in metrics && metric.startsWith(`${name}.`)) continue;
    throw new ConformanceError(`"${metric}" is not told among the metrics of the task`, {
      expected: `a key of "best" that starts with "${name}." and has a value in "metrics"`,
      got: Object.keys(task.best).join(', '),
    });
  }
}

function assertNear(what: string, got: number | undefined, expected: number, within: number): void {
  if (got !== undefined && Math.abs(got - expected) <= within) return;
  throw new ConformanceError(`${what} is not as it must be`, {
    expected: within === 0 ? expected : `${expected} within ${within}`,
    got,
  });
}
