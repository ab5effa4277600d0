import { memory, profile, tidy } from '@tensorflow/tfjs-core';
import { inference, key, type Context, type FeatureSpec, type Fusion } from '@crossweave/core';
import { expectClose, sampleFeatures } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { block } from './block';
import { mfb } from './mfb';
import { mutan } from './mutan';

const spec: FeatureSpec = { dim: 6, tokens: 2 };
const rows = (seed: number, batch: number) => sampleFeatures(key(seed), spec, { batch });

describe('bilinearFusion', () => {
  it('scores the same whatever the chunk', () =>
    tidy(() => {
      const score = (chunk: number) => {
        const fusion = mfb({ dim: 5, hidden: 4, factor: 3, chunk });
        return fusion.score(fusion.init(key(1), spec, spec), rows(2, 5), rows(3, 4), inference);
      };
      const whole = score(20);
      for (const chunk of [1, 3, 8]) expectClose(score(chunk), whole);
    }));

  it('draws other dropout in each pass, and none where it is 0', () =>
    tidy(() => {
      const scores = (dropout: number) => {
        const fusion = mutan({ dim: 5, hidden: 4, rank: 2, dropout, chunk: 1 });
        const params = fusion.init(key(1), spec, spec);
        const ctx: Context = { training: true, key: key(5) };
        return fusion.score(params, rows(2, 3), rows(3, 3), ctx);
      };
      expectClose(scores(0), scores(0));
      expect(() => expectClose(scores(0.5), scores(0))).toThrow(/differs/);
    }));

  const bytesAtPeak = async (fusion: Fusion): Promise<number> => {
    const params = fusion.init(key(1), spec, spec);
    const [image, text] = [rows(2, 32), rows(3, 32)];
    const before = memory().numBytes;
    const { peakBytes } = await profile(() => fusion.score(params, image, text, inference));
    return peakBytes - before;
  };

  it('holds a chunk of products in memory, and never R of them a number', async () => {
    const products = 4 * 60 * 32;
    const fusion = (chunk: number) => mfb({ dim: 2, hidden: 60, factor: 4, chunk });
    const whole = await bytesAtPeak(fusion(32 * 32));
    expect(whole).toBeGreaterThan(32 * products);
    // Rows repeated a pair, their products and the sums would be 13 times the products.
    expect(whole).toBeLessThan(5 * 32 * products);
    expect(await bytesAtPeak(fusion(32))).toBeLessThan(whole / 3);
  });

  it('forms no products to score where nothing bends them', async () => {
    const options = { dim: 2, hidden: 60, chunks: 3, rank: 2 } as const;
    const straight = await bytesAtPeak(block({ ...options, normalize: 'none' }));
    const bent = await bytesAtPeak(block(options));
    expect(bent).toBeGreaterThan(4 * 60 * 32 * 32);
    expect(straight).toBeLessThan(bent / 2);
  });
});
