import { describe, expect, it } from 'vitest';
import { isCost, metricKind, notShown } from './kinds';

it('metrics are known by their names', () => {
  const shares = ['matching.accuracy', 'accuracy.swap', 'retrieval.i2t.r1', 'r10', 'x.mrr'];
  expect(shares.map(metricKind)).toEqual(shares.map(() => 'share'));
  expect(['retrieval.t2i.meanRank', 'rank'].map(metricKind)).toEqual(['rank', 'rank']);
  expect(['loss', 'error1', 'barr1'].map(metricKind)).toEqual(['value', 'value', 'value']);
  expect(['loss', 'medianRank', 'accuracy'].map(isCost)).toEqual([true, true, false]);
});

describe('notShown', () => {
  it('names shares whose chance is above one half', () => {
    const chance = {
      'matching.accuracy': 0.5,
      'retrieval.t2i.r1': 1 / 12,
      'retrieval.t2i.r10': 10 / 12,
      'retrieval.t2i.meanRank': 6.5,
    };
    expect(notShown([...Object.keys(chance), 'loss'], chance)).toEqual({
      'retrieval.t2i.r10': 'chance is 0.833',
    });
    expect(notShown(['retrieval.t2i.r10'])).toEqual({});
  });

  it('takes all figures of a direction with its R@1', () => {
    const chance = { 'retrieval.i2t.r1': 0.9, 'retrieval.i2t.mrr': 0.95 };
    expect(notShown(['retrieval.i2t.meanRank', 'retrieval.i2t.mrr', 'other'], chance)).toEqual({
      'retrieval.i2t.meanRank': 'chance of R@1 is 0.900',
      'retrieval.i2t.mrr': 'chance is 0.950',
    });
  });
});
