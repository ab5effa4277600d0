import { tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, inference, type Label } from '@crossweave/core';
import { expectFixture, loadFixture, testOptions, testTask } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { normaliseAnswer } from './answering';
import { createTask, tasks } from './registry';

const classes = ['cat', 'dog', 'owl', 'cat', 'dog', 'owl', 'cat', 'dog', 'cat', 'owl'];

describe('the tasks', () => {
  const runner = { describe, it };
  testTask(() => createTask('classification'), runner, { labels: classes, wrong: ['cat'] });
  testTask(
    () =>
      createTask('classification', {
        classWeights: 'balanced',
        labelSmoothing: 0.05,
        focal: 1.5,
        hidden: 5,
      }),
    runner,
    { labels: [3, 1, 2, 3, 1, 2, 3, 1] },
  );
  testTask(() => createTask('multi-label'), runner, {
    labels: [['a'], ['a', 'b'], [], ['b', 'c'], ['a'], ['c'], ['a', 'b'], ['b', 'c'], [], ['c']],
    wrong: 3,
  });
  testTask(() => createTask('regression'), runner, {
    labels: [1, 2, 3.5, 2, -1, 1, 3.5, -1],
    wrong: 'many',
  });
  testTask(() => createTask('regression', { loss: 'huber' }), runner, {
    labels: [1, 2, 3.5, 2, -1, 1, 3.5, -1],
    wrong: ['1'],
  });
  testTask(() => createTask('ordinal'), runner, {
    labels: [1, 5, 3, 2, 5, 1, 3, 2, 3],
    wrong: 2.5,
  });
  testTask(() => createTask('ordinal', { order: ['poor', 'fair', 'good'], hidden: 5 }), runner, {
    labels: ['good', 'poor', 'fair', 'good', 'poor', 'fair', 'good'],
    wrong: 'great',
  });
  testTask(() => createTask('answering'), runner, {
    labels: ['yes', 'no', '2', 'red', 'yes', 'no', '2', 'red', 'yes', 'blue', 'blue'],
    wrong: '',
  });
});

for (const [name, create] of Object.entries(tasks)) {
  // Which classes have a weight is checked when the classes are known.
  testOptions(name, create, { describe, it }, { anyValue: ['classWeights'] });
}

describe('createTask', () => {
  it('names the tasks there are', () => {
    expect(() => createTask('clasification')).toThrow(ConfigError);
    expect(() => createTask('clasification')).toThrow(/Did you mean "classification"/);
  });
});

const fixture = loadFixture(new URL('../../fixtures/tasks.json', import.meta.url));

describe('losses of tasks against PyTorch', () => {
  it.each(fixture.names)('%s', (name) => {
    tidy(() => {
      const given = fixture.case(name);
      const { labels, options } = given.options as { labels: Label[]; options?: object };
      const kind = name.split(' ')[0]!;
      const task = createTask(kind, { ...options }).fit(labels);
      expectFixture(given, (params, { outputs, joint }) => ({
        loss: task.loss(
          (outputs ?? task.apply(params, joint as Tensor2D, inference)) as Tensor2D,
          labels,
        ),
      }));
    });
  });
});

describe('classification', () => {
  it('counts a class that training did not show as wrong, and as a class', () => {
    const task = createTask('classification').fit(['a', 'b']);
    const outputs = Float32Array.of(5, -5, -5, 5, 5, -5);
    const { metrics, classes: rows, confusions } = task.measure(outputs, ['a', 'b', 'new']);
    expect(metrics['classification.accuracy']).toBeCloseTo(2 / 3);
    expect(rows?.find(({ label }) => label === 'new')).toMatchObject({ support: 1, recall: 0 });
    expect(confusions).toEqual([{ label: 'new', predicted: 'a', count: 1 }]);
  });

  it('refuses a weight for a class that is not there', () => {
    const task = createTask('classification', { classWeights: { cat: 2, dgo: 1 } });
    expect(() => task.fit(['cat', 'dog'])).toThrow(ConfigError);
    expect(() => task.fit(['cat', 'dog'])).toThrow(/"dgo".*Did you mean "dog"/);
  });

  it('refuses one class alone', () => {
    expect(() => createTask('classification').fit(['a', 'a'])).toThrow(DataError);
    expect(() => createTask('classification').fit(['a', 'a'])).toThrow(/two classes or more/);
  });
});

describe('answering', () => {
  it('takes answers for the same that differ in case, spaces or a full stop', () => {
    expect(normaliseAnswer('  Two  Cats. ')).toBe('two cats');
    const { facts } = createTask('answering').fit(['Yes', 'yes.', 'no']);
    expect(facts).toEqual({ classes: ['yes', 'no'], shares: [2 / 3, 1 / 3] });
  });

  it('scores several answers as the VQA challenge does, and by kind of question', () => {
    const task = createTask('answering').fit(['yes', 'no', '2', 'red']);
    const sure = (answer: string): number[] =>
      ['2', 'no', 'red', 'yes'].map((each) => (each === answer ? 9 : -9));
    const { metrics } = task.measure(
      Float32Array.from([...sure('yes'), ...sure('2'), ...sure('no')]),
      [['yes', 'no', 'no', 'no'], '2', ['no', 'no', 'yes', 'no']],
    );
    expect(metrics['answering.accuracy']).toBeCloseTo((1 / 3 + 1 + 1) / 3);
    expect(metrics['answering.accuracy.yes-no']).toBeCloseTo((1 / 3 + 1) / 2);
    expect(metrics['answering.accuracy.number']).toBe(1);
  });

  it('learns only the commonest answers, and passes over pairs of others', () => {
    const labels = ['a', 'a', 'a', 'b', 'b', 'c'];
    const task = createTask('answering', { answers: 2 }).fit(labels);
    expect(task.outputs).toBe(2);
    expect(() => createTask('answering', { minCount: 3 }).fit(labels)).toThrow(/two answers/);
    const { metrics } = task.measure(Float32Array.of(3, 0, 0, 3), ['a', 'c']);
    expect(metrics['answering.accuracy']).toBe(0.5);
  });
});
