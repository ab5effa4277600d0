import { describe, expect, it } from 'vitest';
import type { FeatureCache } from '../features/encode-split';
import { chanceOf, comparisonPlan, retrievalPlan } from './plan';
import { splitFacts } from './split-facts';

/** Case and outer spaces do not tell texts apart here. */
const cacheOf = (records: FeatureCache['records']) => ({
  records,
  textIdentity: (caption: string) => caption.trim().toLowerCase(),
});

describe('retrievalPlan', () => {
  const cache = cacheOf([
    { id: 'a', captions: ['one', 'two', 'One '] },
    { id: 'b', captions: ['three'] },
    { id: 'c', captions: ['Two', 'four'] },
    { id: 'd', captions: ['four'] },
  ]);

  it('makes a text right for the images that have it, and not for their neighbours', () => {
    const { captions, i2t, t2i } = retrievalPlan(cache);
    expect(captions).toEqual(['one', 'two', 'three', 'four']);
    expect(i2t).toMatchObject({ candidates: 4, relevant: [[0, 1], [2], [1, 3], [3]] });
    expect(t2i).toMatchObject({ candidates: 4, relevant: [[0], [0, 2], [1], [2, 3]] });
    expect(i2t.clusters).toEqual(['a', 'b', 'c', 'd']);
    expect(t2i.clusters).toEqual(['a', 'a', 'b', 'c']);
  });

  it('tells which texts are shared', () => {
    expect(splitFacts(cache)).toEqual({
      images: 4,
      texts: 4,
      sharedTexts: 2,
      mostShared: { caption: 'two', images: 2 },
      uncounted: { i2t: 0, t2i: 0 },
    });
  });
});

describe('a caption that all images share', () => {
  const cache = cacheOf(
    Array.from({ length: 20 }, (_, i) => ({ id: `p${i}`, captions: [`thing ${i}`, 'a picture'] })),
  );

  it('does not make everything right', () => {
    const chance = chanceOf(cache);
    expect(chance['retrieval.i2t.r1']).toBeCloseTo(2 / 21, 12);
    expect(chance['retrieval.t2i.r1']).toBeCloseTo(1 / 20, 12);
    expect(splitFacts(cache)).toMatchObject({
      sharedTexts: 1,
      mostShared: { caption: 'a picture', images: 20 },
      uncounted: { i2t: 0, t2i: 1 },
    });
  });

  it('leaves nothing to ask where it is the only one', () => {
    const only = cacheOf(cache.records.map(({ id }) => ({ id, captions: ['photo'] })));
    expect(chanceOf(only)).toEqual({});
    expect(splitFacts(only).uncounted).toEqual({ i2t: 20, t2i: 1 });
  });
});

describe('comparisonPlan', () => {
  it('pairs each negative with its own caption', () => {
    const negatives = [[], [{ caption: 'no', kind: 'swap' }]];
    const plan = comparisonPlan(cacheOf([{ id: 'a', captions: ['one', 'two'], negatives }]));
    expect(plan).toEqual([{ row: 0, image: 'a', positive: 'two', negative: 'no', kind: 'swap' }]);
  });
});
