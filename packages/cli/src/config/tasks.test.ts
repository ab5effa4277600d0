import { describe, expect, it } from 'vitest';
import { withLabelKind, withTask } from './tasks';

const training = { steps: 3, loss: { name: 'info-nce' }, negatives: 2 };

describe('withTask', () => {
  it('takes the place of losses and false captions in every stretch of training', () => {
    const config = { training, towers: training, fusion: training };
    const expected = { task: { name: 'answering', options: {} } };
    for (const name of ['training', 'towers', 'fusion'])
      Object.assign(expected, { [name]: { steps: 3 } });
    expect(withTask(config, 'answering')).toEqual(expected);
    expect(config.training).toEqual(training);
  });

  it('leaves the fusion of a model and the options of a task as they are', () => {
    const fusion = { name: 'dual-encoder', options: {} };
    const task = { name: 'regression', options: { hidden: 4 } };
    expect(withTask({ fusion, task }, 'classification')).toEqual({
      fusion,
      task: { name: 'classification', options: { hidden: 4 } },
    });
  });
});

describe('withLabelKind', () => {
  it('reads labels as the task has them, unless the config says how', () => {
    const of = (name: string, data: object) => withLabelKind({ task: { name }, data });
    expect(of('multi-label', {})).toMatchObject({ data: { labels: 'classes' } });
    expect(of('regression', {})).toMatchObject({ data: { labels: 'number' } });
    expect(of('ordinal', {})).toEqual({ task: { name: 'ordinal' }, data: {} });
    const task = { name: 'ordinal', options: { order: ['1', '2'] } };
    expect(withLabelKind({ task, data: {} })).toMatchObject({ data: { labels: 'class' } });
    expect(of('answering', {})).toEqual({ task: { name: 'answering' }, data: {} });
    expect(of('regression', { labels: 'class' })).toMatchObject({ data: { labels: 'class' } });
    expect(withLabelKind({ data: {} })).toEqual({ data: {} });
  });
});
