import { dispose, gather, memory, tidy, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Context } from '../contracts/context';
import { inference } from '../contracts/context';
import type { Label } from '../contracts/dataset';
import type { FittedTask, Task } from '../contracts/task';
import { isCrossweaveError } from '../errors';
import { foldIn, key, normal } from '../keys';
import { subtree, withPrefix } from '../params';
import {
  ConformanceError,
  check,
  notApplicable,
  registerChecks,
  type Check,
  type TestRunner,
} from './check';
import { assertFinite, assertShape, identical, valuesOf } from './compare';
import { expectClose } from './fixtures';
import { assertGradientsMatch } from './finite-differences';
import { assertReached, gradientsAt, nudged, type Objective } from './gradients';
import { initialisationChecks } from './initialisation';
import { assertNoLeak } from './leaks';
import { measureChecks } from './task-measure';

export interface TaskTestOptions {
  /** Labels of a training split: every class twice or more, three distinct labels or more. */
  readonly labels: readonly Label[];
  /** A label of a kind that the task refuses. Default: none is tried. */
  readonly wrong?: Label;
  /** D of the joint representation. Default 6. */
  readonly width?: number;
}

/**
 * Registers the checks of the {@link Task} contract with a test framework: that a task learns from
 * labels alone and is restored from its facts, that its head reads rows of `joint` and no label, that
 * its loss passes over rows without a label and its gradients are right, that outputs without a
 * mistake reach the best value of every metric also where a class is absent, and that predictions
 * agree with metrics.
 *
 * ```ts
 * testTask(() => myTask(), { describe, it }, { labels: ['cat', 'dog', 'cat', 'owl', …] });
 * ```
 *
 * @param create makes the task anew; called several times.
 */
export function testTask(create: () => Task, runner: TestRunner, options: TaskTestOptions): void {
  registerChecks(`task ${create().name}`, taskChecks(create, options), runner);
}

/** The same checks as data, for a runner of your own. */
export function taskChecks(create: () => Task, options: TaskTestOptions): Check[] {
  const { labels, width = 6 } = options;
  const fit = (): FittedTask => create().fit(labels);
  const { name: named } = create();
  return [
    ...factsChecks(create, options),
    ...initialisationChecks({
      create: fit,
      init: (task, from) => task.init(from, width),
      apply: (task, params, ctx) => [task.apply(params, jointOf(4, width), ctx)],
    }),
    ...headChecks(fit, labels, width),
    ...lossChecks(fit, labels, width),
    ...measureChecks(fit, labels, named),
    leakCheck(fit, labels, width),
  ];
}

const training: Context = { training: true, key: key(44) };

function jointOf(rows: number, width: number): Tensor2D {
  return normal<Rank.R2>(key(41), [rows, width]);
}

function outputsOf(task: FittedTask, rows: number): Tensor2D {
  return normal<Rank.R2>(key(42), [rows, task.outputs]);
}

function factsChecks(create: () => Task, { labels, wrong }: TaskTestOptions): Check[] {
  const refused = (what: string, run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      if (isCrossweaveError(error)) return;
      throw new ConformanceError(`${what} is refused with an error that is not typed`, {
        got: String(error),
        cause: error,
      });
    }
    throw new ConformanceError(`${what} is not refused`, {
      expected: 'a DataError, or a FileFormatError for facts',
    });
  };
  const wrongly = 'refuses a label of another kind, in fit, loss and measure';
  return [
    check('is restored from its facts, which are plain data', () => {
      const task = create().fit(labels);
      const again = create().restore(JSON.parse(JSON.stringify(task.facts)));
      const outputs = outputsOf(task, labels.length);
      const told = ({ measure, predict, prior, facts, best }: FittedTask): string =>
        JSON.stringify([
          measure(valuesOf(outputs), labels),
          predict(valuesOf(outputs).subarray(0, task.outputs)),
          ...[prior, facts, best],
        ]);
      assertEqual('the restored task', told(again), told(task));
      const turned = create().fit([...labels].reverse());
      assertEqual('the same labels in another order', told(turned), told(task));
    }),
    check('refuses to learn from no label, and facts that are none', () => {
      refused('an empty list of labels', () => create().fit([]));
      for (const facts of [undefined, null, {}, [], 'facts', { classes: 3 }]) {
        refused(`facts ${JSON.stringify(facts)}`, () => create().restore(facts));
      }
      refused('measuring without a label', () =>
        create().fit(labels).measure(new Float32Array(0), []),
      );
    }),
    wrong === undefined
      ? notApplicable(wrongly, 'no wrong label is given')
      : check(wrongly, () => {
          const task = create().fit(labels);
          refused('a wrong label in fit', () => create().fit([...labels, wrong]));
          refused('a wrong label in the loss', () => task.loss(outputsOf(task, 1), [wrong]));
          refused('a wrong label in measure', () =>
            task.measure(valuesOf(outputsOf(task, 1)), [wrong]),
          );
        }),
  ];
}

function headChecks(fit: () => FittedTask, labels: readonly Label[], width: number): Check[] {
  return [
    check('gives finite outputs [B, K], row by row', () => {
      const task = fit();
      const params = task.init(key(1), width);
      const joint = jointOf(5, width);
      const all = task.apply(params, joint, inference);
      assertShape('outputs', all, [5, task.outputs]);
      assertFinite('outputs', all);
      const order = [3, 0, 4, 1, 2];
      const turned = task.apply(params, gather(joint, order), inference);
      expectClose(turned, gather(all, order), {}, 'outputs of permuted rows');
      const first = task.apply(params, gather(joint, [0]), inference);
      expectClose(first, gather(all, [0]), {}, 'outputs of the first row alone');
      if (task.prior.length !== task.outputs || !task.prior.every(Number.isFinite)) {
        throw new ConformanceError('prior is not a finite number for every output', {
          expected: `${task.outputs} numbers`,
          got: task.prior,
        });
      }
    }),
    check('its head reads no label', () => {
      const task = fit();
      const params = task.init(key(1), width);
      const rows = labels.length;
      const joint = jointOf(rows, width);
      const before = task.apply(params, joint, training);
      for (const shown of [labels, [...labels].reverse()]) {
        task.loss(outputsOf(task, rows), shown);
        task.measure(valuesOf(outputsOf(task, rows)), shown);
        const after = task.apply(params, joint, training);
        expectClose(after, before, identical, 'outputs after the labels were seen');
      }
    }),
  ];
}

function lossChecks(fit: () => FittedTask, labels: readonly Label[], width: number): Check[] {
  return [
    check('its loss passes over rows without a label', () => {
      const task = fit();
      const rows = labels.length;
      const outputs = outputsOf(task, rows);
      const shown = labels.map((label, i) => (i % 3 === 1 ? undefined : label));
      const kept = shown.flatMap((label, i) => (label === undefined ? [] : [i]));
      const some = task.loss(outputs, shown);
      assertShape('the loss', some, []);
      assertFinite('the loss', some);
      const alone = task.loss(
        gather(outputs, kept),
        kept.map((i) => labels[i]),
      );
      expectClose(some, alone, {}, 'the loss with unlabelled rows');
      const none = task.loss(
        outputs,
        labels.map(() => undefined),
      );
      assertEqual('the loss without any label', valuesOf(none)[0], 0);
      const order = labels.map((_, i) => (i + 2) % rows);
      const turned = task.loss(
        gather(outputs, order),
        order.map((i) => labels[i]),
      );
      expectClose(turned, task.loss(outputs, labels), {}, 'the loss of permuted rows');
    }),
    check('gradients equal finite differences, and reach every parameter of the head', () => {
      const task = fit();
      const shown = labels.map((label, i) => (i === 1 ? undefined : label));
      const objective: Objective = (point) =>
        task.loss(
          task.apply(subtree(point, 'params.'), point['joint'] as Tensor2D, inference),
          shown,
        );
      const point = {
        ...withPrefix('params.', nudged(key(43), task.init(key(1), width))),
        joint: jointOf(labels.length, width),
      };
      assertGradientsMatch(objective, point, foldIn(key(45), 'task'));
      assertReached(gradientsAt(objective, point), () => false);
    }),
  ];
}

function leakCheck(fit: () => FittedTask, labels: readonly Label[], width: number): Check {
  return {
    name: 'leaks no tensors and disposes none of its inputs',
    run: () => {
      const before = memory().numTensors;
      const task = fit();
      const params = task.init(key(1), width);
      const joint = tidy(() => jointOf(labels.length, width));
      const inputs = [joint, ...Object.values(params)];
      assertNoLeak('apply', inputs, () => [{ out: task.apply(params, joint, training) }]);
      const outputs = task.apply(params, joint, inference);
      assertNoLeak('loss', [...inputs, outputs], () => [{ loss: task.loss(outputs, labels) }]);
      const values = outputs.dataSync<'float32'>();
      task.measure(values, labels);
      task.predict(values.subarray(0, task.outputs));
      dispose([...inputs, outputs]);
      assertEqual('tensors that are left', memory().numTensors - before, 0);
    },
  };
}

function assertEqual(what: string, got: unknown, expected: unknown): void {
  if (got === expected) return;
  throw new ConformanceError(`${what} is not as it must be`, { expected, got });
}
