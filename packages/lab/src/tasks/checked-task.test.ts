import { memory, scalar, sum, tidy, zeros, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  DataError,
  FileFormatError,
  NonFiniteError,
  ShapeError,
  type FittedTask,
  type Label,
} from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { defineTask } from './define-task';
import { createTask } from './registry';
import { divided } from './temperature';

const stars = defineTask<number>({
  name: 'stars',
  outputs: 2,
  read: (label) => (typeof label === 'number' ? label : undefined),
  loss: (outputs) => sum(outputs, 1),
  predict: ([one = 0]) => one,
});

const fitted: readonly (readonly [FittedTask, Label])[] = [
  [createTask('classification').fit(['a', 'b', 'c']), 'a'],
  [createTask('multi-label').fit([['a'], ['b', 'c']]), ['a']],
  [createTask('regression').fit([1, 2]), 1],
  [createTask('ordinal').fit([1, 2, 3]), 2],
  [createTask('answering').fit(['yes', 'no', 'two']), 'no'],
  [stars.fit([1, 2]), 1],
];

describe.each(fitted.map(([task, label]) => [task.name, task, label] as const))(
  '%s',
  (_name, task, label) => {
    const rows = (count: number, width = task.outputs): Tensor2D => zeros<Rank.R2>([count, width]);

    it('refuses outputs of another width, and labels of another number, in its loss', () => {
      const before = memory().numTensors;
      tidy(() => {
        expect(() => task.loss(rows(2, task.outputs + 1), [label, label])).toThrow(ShapeError);
        expect(() => task.loss(rows(2), [label])).toThrow(DataError);
        expect(() => task.loss(rows(2), [label])).toThrow(/differ in number/);
        expect(task.loss(rows(2), [label, undefined]).shape).toEqual([]);
        return scalar(0);
      }).dispose();
      expect(memory().numTensors).toBe(before);
    });

    it('refuses outputs of another number when it measures and predicts, and those that are none', () => {
      const { outputs: width } = task;
      expect(() => task.measure(new Float32Array(width + 1), [label])).toThrow(ShapeError);
      expect(() => task.measure(new Float32Array(width), [label, label])).toThrow(ShapeError);
      expect(() => task.predict(new Float32Array(width + 1))).toThrow(ShapeError);
      expect(() => task.predict([])).toThrow(ShapeError);
      expect(() => task.predict(new Float32Array(width).fill(Number.NaN))).toThrow(NonFiniteError);
    });
  },
);

it.each([Number.NaN, Infinity, 2 ** 60, '', ' ', null, undefined, true])(
  'takes %j for no class and no answer',
  (label) => {
    for (const name of ['classification', 'answering']) {
      const fit = () => createTask(name).fit(['a', 'b', label as never]);
      expect(fit, name).toThrow(DataError);
      expect(fit, name).toThrow(/a label is not one that/);
    }
    const lists = ['a', ['b', label as never]];
    if (typeof label !== 'number') {
      expect(() => createTask('multi-label').fit(lists)).toThrow(DataError);
    }
    expect(() => createTask('answering').fit(['a', 'b', ['c', label as never]])).toThrow(DataError);
  },
);

it('what a task fits restores it', () => {
  for (const [task] of fitted.slice(0, 5)) {
    const facts: unknown = JSON.parse(JSON.stringify(task.facts));
    expect(createTask(task.name).restore(facts).prior).toEqual(task.prior);
  }
  const uneven = { classes: ['a', 'b', 'c'], shares: [0.5, 0.5] };
  for (const name of ['classification', 'multi-label', 'answering']) {
    expect(() => createTask(name).restore(uneven)).toThrow(FileFormatError);
  }
});

it.each([0, -1, Number.NaN])('divides by no temperature of %d', (temperature) => {
  expect(() => divided(Float32Array.from([1]), temperature)).toThrow(/"temperature"/);
});
