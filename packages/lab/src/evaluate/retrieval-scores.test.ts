import { memory } from '@tensorflow/tfjs-core';
import { key, type Fusion } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { retrievalScores, type RetrievalScoresOptions } from './retrieval-scores';

const cacheOf = (count: number): Promise<FeatureCache> =>
  encodeSplit({
    split: tinySplit(count),
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });

/** Counts the pairs that pass, and the most bytes that tensors take while they do. */
function watched(scoring: Fusion['scoring']): {
  fusion: Fusion;
  peak: () => number;
  pairs: () => number;
} {
  const base = equalityFusion(scoring);
  const [start, seen] = [memory().numBytes, { bytes: 0, pairs: 0 }];
  const look = <T>(made: T, rows: number): T => {
    seen.bytes = Math.max(seen.bytes, memory().numBytes - start);
    seen.pairs += rows;
    return made;
  };
  const { embed } = base;
  return {
    fusion: {
      ...base,
      fuse: (...args) => look(base.fuse(...args), args[1].pooled.shape[0]),
      ...(embed && { embed: (...args: Parameters<typeof embed>) => look(embed(...args), 0) }),
    },
    peak: () => seen.bytes,
    pairs: () => seen.pairs,
  };
}

const rowsOf = (cache: FeatureCache): number[] =>
  cache.records.flatMap(({ captions }) => captions.map((caption) => cache.textRow(caption)));

describe('retrievalScores', () => {
  it('takes no more tensor memory for more images and texts: the chunk bounds it', async () => {
    const peaks: number[] = [];
    const counts: number[] = [];
    for (const size of [6, 12, 24]) {
      const cache = await cacheOf(size);
      const before = memory().numBytes;
      const [joint, dual] = [watched('joint'), watched('separable')];
      await retrievalScores({ fusion: joint.fusion, params: {} }, cache, rowsOf(cache), {
        chunk: 5,
      });
      await retrievalScores({ fusion: joint.fusion, params: {} }, cache, rowsOf(cache), {
        chunk: 5,
        dual: { fusion: dual.fusion, params: {} },
        top: 2,
      });
      expect(memory().numBytes).toBe(before);
      peaks.push(joint.peak(), dual.peak());
      counts.push(joint.pairs());
    }
    expect(peaks[0]).toBeGreaterThan(0);
    expect(peaks).toEqual([peaks[0], peaks[1], peaks[0], peaks[1], peaks[0], peaks[1]]);
    // Every image with every text, then the first 2 of each query; the last chunk is filled up.
    [6, 12, 24].forEach((size, i) => {
      const pairs = size * 2 * size + 2 * size + 2 * (2 * size);
      expect(counts[i]).toBeGreaterThanOrEqual(pairs);
      expect(counts[i]).toBeLessThan(pairs + 3 * 5);
    });
  });

  it('cannot know which pairs are true: permuted texts have permuted scores', async () => {
    const cache = await cacheOf(6);
    const rows = rowsOf(cache);
    const turned = [...rows.slice(5), ...rows.slice(0, 5)];
    const fitted = { fusion: equalityFusion('joint'), params: {} };
    const dual = { fusion: equalityFusion('separable'), params: {} };
    for (const options of [{}, { dual, top: 3 }]) {
      const plain = await retrievalScores(fitted, cache, rows, options);
      const permuted = await retrievalScores(fitted, cache, turned, options);
      const order = (scores: Float64Array, width: number, row: number) =>
        Array.from({ length: width }, (_, i) => i).sort(
          (a, b) => scores[row * width + b]! - scores[row * width + a]!,
        );
      const best = order(plain.i2t, 12, 2).map((text) => rows[text]);
      const same = order(permuted.i2t, 12, 2).map((text) => turned[text]);
      // Two captions of an image tie; which of them comes first is a matter of place.
      expect(new Set(same.slice(0, 2))).toEqual(new Set(best.slice(0, 2)));
      expect(order(permuted.t2i, 6, 1)[0]).toBe(order(plain.t2i, 6, 6)[0]);
    }
  });
});

testOptions(
  'retrievalScores',
  (options: RetrievalScoresOptions) =>
    retrievalScores(
      { fusion: equalityFusion('joint'), params: {} },
      {} as FeatureCache,
      [],
      options,
    ),
  { describe, it },
);
