import { describe, expect, it } from 'vitest';
import { describeSplit } from './split-facts';

const facts = { images: 8, texts: 3, sharedTexts: 0, uncounted: { i2t: 0, t2i: 0 } };

describe('describeSplit', () => {
  it('names shared captions, and queries that do not count', () => {
    expect(describeSplit(facts)).toBe('8 images, 3 texts.');
    const shared = {
      ...facts,
      sharedTexts: 2,
      mostShared: { caption: 'a star', images: 4 },
      uncounted: { i2t: 1, t2i: 1 },
    };
    expect(describeSplit(shared)).toBe(
      '8 images, 3 texts; captions of several images, right for each: 2, the most shared “a star”, of 4; 2 queries of which everything is right do not count.',
    );
  });

  it('says that there are no figures where no query counts', () => {
    const uncounted = { i2t: 8, t2i: 1 };
    expect(describeSplit({ ...facts, texts: 1, uncounted })).toMatch(
      /^8 images, 1 text; 9 queries .*; no query is left, so there are no figures\.$/,
    );
  });
});
