import { describe, expect, it } from 'vitest';
import type { FeatureCache } from '../features/encode-split';
import { comparisonPlan, retrievalPlan } from './plan';

const cacheOf = (records: FeatureCache['records']) => ({ records }) as FeatureCache;

describe('retrievalPlan', () => {
  it('joins images that share a caption, also through a third', () => {
    const { captions, i2t, t2i } = retrievalPlan(
      cacheOf([
        { id: 'a', captions: ['one', 'two'] },
        { id: 'b', captions: ['three'] },
        { id: 'c', captions: ['two', 'four'] },
        { id: 'd', captions: ['four'] },
      ]),
    );
    expect(captions).toEqual(['one', 'two', 'three', 'four']);
    const [a, b, c, d] = i2t.queryGroups;
    expect([c, d]).toEqual([a, a]);
    expect(b).not.toBe(a);
    expect(t2i.queryGroups).toEqual([a, a, b, a]);
    expect(t2i.candidateGroups).toEqual(i2t.queryGroups);
  });
});

describe('comparisonPlan', () => {
  it('pairs each negative with its own caption', () => {
    const negatives = [[], [{ caption: 'no', kind: 'swap' }]];
    const plan = comparisonPlan(cacheOf([{ id: 'a', captions: ['one', 'two'], negatives }]));
    expect(plan).toEqual([{ row: 0, image: 'a', positive: 'two', negative: 'no', kind: 'swap' }]);
  });
});
