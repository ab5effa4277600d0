import { key } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { inChunks, scoreAll, scorePairs, type Pair, type ScoringOptions } from './pairs';

describe('scoring over a cache', () => {
  it('is the same for any chunk, and in full or by pairs', async () => {
    const cache = await encodeSplit({
      split: tinySplit(6),
      image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
      text: { encoder: textEncoder, params: {} },
    });
    const fitted = { fusion: equalityFusion('joint'), params: {} };
    const rows = [0, 5, 10];
    const pairs = [0, 1, 2, 3, 4, 5].flatMap((image) => rows.map((text): Pair => [image, text]));
    const whole = await scorePairs(fitted, cache, pairs);
    expect(await scorePairs(fitted, cache, pairs, { chunk: 4 })).toEqual(whole);
    expect(await scoreAll(fitted, cache, rows, { chunk: 5 })).toEqual(whole);
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(scorePairs(fitted, cache, pairs, { signal: abort })).rejects.toThrow('enough');
  });

  it('ends when the signal comes while an engine compiles', async () => {
    const stop = new AbortController();
    const chunks = inChunks(
      3,
      { signal: stop.signal },
      () => new Promise(() => setTimeout(() => stop.abort(new Error('enough')))),
    );
    await expect(chunks).rejects.toThrow('enough');
  });
});

const fitted = { fusion: equalityFusion('joint'), params: {} };
const nothing = {} as FeatureCache;
testOptions('scorePairs', (options: ScoringOptions) => scorePairs(fitted, nothing, [], options), {
  describe,
  it,
});
testOptions('scoreAll', (options: ScoringOptions) => scoreAll(fitted, nothing, [], options), {
  describe,
  it,
});
