import { reverse, tidy } from '@tensorflow/tfjs-core';
import { inference, key, type Features, type FeatureSpec } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { textQueriesImage, type TextQueriesImageOptions } from './text-queries-image';

const small = { dim: 8, layers: 2, heads: 2, hidden: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => textQueriesImage({ ...small, dropout: 0.2 }), runner);
testFusion(() => textQueriesImage({ ...small, layers: 1, summary: 'mean' }), runner);
testFusion(() => textQueriesImage({ ...small, normFirst: true, positions: false }), runner);

const image: FeatureSpec = { dim: 6, tokens: 3 };
const text: FeatureSpec = { dim: 4, tokens: 'varies' };

it("lets the order of the image's tokens count by their positions only", () =>
  tidy(() => {
    const images = sampleFeatures(key(1), image, { batch: 1 });
    const texts = sampleFeatures(key(2), text, { batch: 1 });
    const turned: Features = { ...images, tokens: reverse(images.tokens, 1) };
    const change = (options: TextQueriesImageOptions): number => {
      const fusion = textQueriesImage({ ...small, ...options });
      const params = fusion.init(key(3), image, text);
      const [before, after] = [images, turned].map(
        (side) => fusion.fuse(params, side, texts, inference).match.dataSync()[0]!,
      );
      return Math.abs(before! - after!);
    };
    expect(change({ positions: true })).toBeGreaterThan(1e-3);
    expect(change({ positions: false })).toBeLessThan(1e-5);
  }));

it.each(['first', 'mean'] as const)('scores the same whatever the chunk, summary %s', (summary) =>
  tidy(() => {
    const images = sampleFeatures(key(1), image, { batch: 5 });
    const texts = sampleFeatures(key(2), text, { batch: 4 });
    const score = (chunk: number) => {
      const fusion = textQueriesImage({ ...small, summary, chunk });
      return fusion.score(fusion.init(key(3), image, text), images, texts, inference);
    };
    const whole = score(100);
    for (const chunk of [1, 3, 8]) expectClose(score(chunk), whole);
  }),
);
