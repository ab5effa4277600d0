import {
  add,
  logSoftmax,
  mul,
  neg,
  pad2d,
  slice,
  sum,
  tensor2d,
  tidy,
  type Scalar,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Label } from '../contracts/dataset';
import type { FittedTask, Task } from '../contracts/task';
import { DataError, FileFormatError } from '../errors';
import { initLinear, linear } from '../nn';
import { taskChecks, testTask } from './task';

const name = 'colour';

/** A class a pair, by its share of right answers and the mean recall of classes. */
function colour(
  change: (task: FittedTask, classes: readonly string[]) => object = () => ({}),
): Task {
  const make = (classes: readonly string[]): FittedTask => {
    const placeOf = (label: Label): number => {
      if (typeof label !== 'string') throw new DataError('a label is no colour', { where: name });
      return classes.indexOf(label);
    };
    const best = (row: ArrayLike<number>): number =>
      Array.from(row).reduce((top, value, k) => (value > row[top]! ? k : top), 0);
    const task: FittedTask = {
      name,
      facts: { classes },
      outputs: classes.length,
      prior: classes.map(() => 0),
      logits: false,
      best: { [`${name}.accuracy`]: 1, [`${name}.recall`]: 1 },
      init: (key, dim) => initLinear(key, 'out', { in: dim, out: classes.length }),
      apply: (params, joint) => linear(params, 'out', joint),
      loss: (outputs, labels) =>
        tidy(() => {
          const count = Math.max(1, labels.filter((label) => label !== undefined).length);
          const wanted = labels.flatMap((label) =>
            classes.map((_, k) => Number(label !== undefined && placeOf(label) === k) / count),
          );
          const target = tensor2d(wanted, [labels.length, classes.length]);
          return neg(sum<Scalar>(mul(logSoftmax(outputs), target)));
        }),
      measure(outputs, labels) {
        if (labels.length === 0) throw new DataError('there is no label', { where: name });
        const right = labels.map((label, i) => {
          const row = outputs.subarray(i * classes.length, (i + 1) * classes.length);
          return Number(best(row) === placeOf(label));
        });
        const recalls = classes.flatMap((each) => {
          const own = right.filter((_, i) => labels[i] === each);
          return own.length === 0 ? [] : [meanOf(own)];
        });
        return {
          metrics: { [`${name}.accuracy`]: meanOf(right), [`${name}.recall`]: meanOf(recalls) },
          outcomes: { [`${name}.accuracy`]: right },
        };
      },
      chance: () => ({ [`${name}.accuracy`]: 1 / classes.length }),
      predict: (row) => ({ label: classes[best(row)]! }),
    };
    return { ...task, ...change(task, classes) };
  };
  return {
    name,
    fit(labels) {
      const texts = labels.filter((label) => typeof label === 'string');
      if (labels.length === 0 || texts.length < labels.length) {
        throw new DataError('labels must be colours', { where: name });
      }
      return make([...new Set(texts)].sort());
    },
    restore(facts) {
      const { classes } = Object(facts) as { classes?: unknown };
      if (!Array.isArray(classes)) throw new FileFormatError('no colours', { where: name });
      return make(classes as string[]);
    },
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

const options = { labels: ['red', 'blue', 'red', 'green', 'blue', 'green'], wrong: 3 };
testTask(() => colour(), { describe, it }, options);

let seen: readonly (Label | undefined)[] = [];
let measured = 0;
let order: readonly string[] = [];

const broken: Record<string, { task: () => Task; caughtBy: string }> = {
  'has a head that reads the label': {
    task: () =>
      colour((task) => ({
        loss: (...[outputs, labels]: Parameters<FittedTask['loss']>) => {
          seen = labels;
          return task.loss(outputs, labels);
        },
        apply: (...[params, joint, ctx]: Parameters<FittedTask['apply']>) =>
          tidy(() => add(task.apply(params, joint, ctx), seen[0] === 'red' ? 5 : 0)),
      })),
    caughtBy: 'its head reads no label',
  },
  'has a head that learns from what it is measured by': {
    task: () =>
      colour((task) => ({
        measure: (...[outputs, labels]: Parameters<FittedTask['measure']>) => {
          measured++;
          return task.measure(outputs, labels);
        },
        apply: (...[params, joint, ctx]: Parameters<FittedTask['apply']>) =>
          tidy(() => add(task.apply(params, joint, ctx), measured)),
      })),
    caughtBy: 'its head reads no label',
  },
  'knows the order of the training labels': {
    task: () => {
      const task = colour((_, classes) => ({ facts: { classes, order } }));
      return {
        ...task,
        fit: (labels) => {
          order = labels.map(String);
          return task.fit(labels);
        },
      };
    },
    caughtBy: 'is restored from its facts, which are plain data',
  },
  'measures unlabelled classes of a padded output': {
    task: () =>
      colour((task, classes) => ({
        outputs: classes.length + 1,
        prior: [...task.prior, 0],
        apply: (...[params, joint, ctx]: Parameters<FittedTask['apply']>) =>
          tidy(() =>
            pad2d(task.apply(params, joint, ctx), [
              [0, 0],
              [0, 1],
            ]),
          ),
        loss: (...[outputs, labels]: Parameters<FittedTask['loss']>) =>
          tidy(() => task.loss(slice(outputs, [0, 0], [-1, classes.length]), labels)),
        measure: (...[outputs, labels]: Parameters<FittedTask['measure']>) => {
          const own = outputs.filter((_, i) => i % (classes.length + 1) < classes.length);
          const figures = task.measure(own, labels);
          const recall = `${name}.recall`;
          const padded = (figures.metrics[recall]! * classes.length) / (classes.length + 1);
          return { ...figures, metrics: { ...figures.metrics, [recall]: padded } };
        },
      })),
    caughtBy: 'outputs without a mistake reach the best value of every metric',
  },
  'has a metric that counts classes which are not there': {
    task: () =>
      colour((task, classes) => ({
        measure: (...[outputs, labels]: Parameters<FittedTask['measure']>) => {
          const figures = task.measure(outputs, labels);
          const present = new Set(labels).size;
          const recall = (figures.metrics[`${name}.recall`]! * present) / classes.length;
          return { ...figures, metrics: { ...figures.metrics, [`${name}.recall`]: recall } };
        },
      })),
    caughtBy: 'outputs without a mistake are best where a class is absent: it counts in no mean',
  },
  'counts unlabelled rows in the mean of its loss': {
    task: () =>
      colour((task) => ({
        loss: (...[outputs, labels]: Parameters<FittedTask['loss']>) =>
          tidy(() => {
            const known = labels.filter((label) => label !== undefined).length;
            return mul(task.loss(outputs, labels), known / labels.length);
          }),
      })),
    caughtBy: 'its loss passes over rows without a label',
  },
  'mixes the rows of a batch': {
    task: () =>
      colour((task) => ({
        apply: (...[params, joint, ctx]: Parameters<FittedTask['apply']>) =>
          tidy(() => add(task.apply(params, joint, ctx), sum(joint))),
      })),
    caughtBy: 'gives finite outputs [B, K], row by row',
  },
  'predicts another class than it is measured by': {
    task: () => colour(() => ({ predict: () => ({ label: 'red' }) })),
    caughtBy: 'its predictions are those of its outputs, with probabilities from 0 to 1',
  },
  'has thresholds that change more than it says': {
    task: () =>
      colour((task) => ({
        thresholds: {
          metrics: [`${name}.accuracy`],
          fit: () => ({ values: task.prior.map(() => 0.5), withoutPositives: [] }),
          at: () => ({
            ...task,
            measure: (...given: Parameters<FittedTask['measure']>) => {
              const figures = task.measure(...given);
              const halved = figures.metrics[`${name}.recall`]! / 2;
              return { ...figures, metrics: { ...figures.metrics, [`${name}.recall`]: halved } };
            },
          }),
        },
      })),
    caughtBy: 'its thresholds are shares, one per output, and change only metrics that it names',
  },
  'forgets its classes': {
    task: () => colour((_, classes) => ({ facts: { classes: classes.slice(1) } })),
    caughtBy: 'is restored from its facts, which are plain data',
  },
};

describe('broken tasks are caught', () => {
  it.each(Object.entries(broken))('one that %s', async (_what, { task, caughtBy }) => {
    const failed: string[] = [];
    for (const { name: check, run } of taskChecks(task, options)) {
      try {
        await run();
      } catch {
        failed.push(check);
      }
    }
    expect(failed).toContain(caughtBy);
  });
});
