import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, type FrozenEncoder, type PairSplit } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from './encode-split';
import { compareFidelity, requireFidelity } from './fidelity';

const PAIRS = 24;
const WIDTH = 16;

/** Pair i: a vector of its own, for the image and for the caption. */
const split: PairSplit<Tensor2D, Tensor2D> = {
  name: 'val',
  records: Array.from({ length: PAIRS }, (_, i) => ({ id: `p${i}`, captions: [`${i}`] })),
  images: (rows) => Promise.resolve(vectors(rows)),
  texts: (captions) => vectors(captions.map(Number)),
  textIdentity: (caption) => caption,
};

const vectors = (rows: readonly number[]): Tensor2D =>
  tensor2d(rows.map((row) => Array.from({ length: WIDTH }, (_, k) => Math.sin(row * 3.7 + k * k))));

/** A tower that gives its input with numbers in steps: 0 leaves them as they are. */
function tower(step: number): FrozenEncoder<Tensor2D> {
  const rounded = (value: number): number => (step === 0 ? value : Math.round(value / step) * step);
  return {
    name: 'steps',
    features: { dim: WIDTH, tokens: 0 },
    fingerprint: `${step}`,
    encode: async (x) => {
      const values = Array.from(await x.data(), rounded);
      return { pooled: tensor2d(values, x.shape) } as never;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const encode = (imageStep: number, textStep = imageStep): Promise<FeatureCache> =>
  encodeSplit({ split, image: tower(imageStep), text: tower(textStep) });

describe('compareFidelity', () => {
  it('gives cosines and recalls, and lets pass what is as good', async () => {
    const float32 = await encode(0);
    expect(compareFidelity(float32, float32)).toMatchObject({
      cosine: { text: { mean: expect.closeTo(1, 6) as number } },
      recall: {
        i2t: { float32: 1, low: 1, queries: PAIRS },
        t2i: { float32: 1, low: 1, queries: PAIRS },
      },
    });
    // 8 bits over [−1, 1].
    const fine = compareFidelity(float32, await encode(1 / 127));
    expect(fine.cosine.image.mean).toBeGreaterThan(0.999);
    expect(fine.cosine.image.mean).toBeLessThan(1);
    expect(fine.recall.i2t.low).toBe(1);
    requireFidelity(fine);
    expect(() => {
      requireFidelity(fine, { cosine: 1 });
    }).toThrow(/image tower is not what it is in float32; expected a mean cosine of at least 1/);
  });

  it('refuses a tower that rounding has spoiled, with the figures', async () => {
    const float32 = await encode(0);
    const coarse = compareFidelity(float32, await encode(0, 1.9));
    expect(coarse.cosine.image.mean).toBeCloseTo(1, 6);
    expect(() => {
      requireFidelity(coarse);
    }).toThrow(
      new RegExp(`text tower .* at least 0.99; got ${coarse.cosine.text.mean.toFixed(4)} `),
    );
    const { i2t } = coarse.recall;
    expect(i2t.low).toBeLessThan(0.99);
    expect(() => {
      requireFidelity(coarse, { cosine: -1 });
    }).toThrow(new RegExp(`find less than in float32 .* 0.9900: .*; got ${i2t.low.toFixed(4)}`));
    requireFidelity(coarse, { cosine: -1, recallLoss: 1 });
  });

  it('lets a loss pass that is the limit itself, whatever the recall', async () => {
    const float32 = await encode(0);
    const { cosine } = compareFidelity(float32, float32);
    const same = { float32: 1, low: 1, queries: 100 };
    for (let found = 1; found <= 100; found++) {
      const i2t = { float32: found / 100, low: (found - 1) / 100, queries: 100 };
      requireFidelity({ cosine, recall: { i2t, t2i: same } });
      const t2i = { ...i2t, low: (found - 2) / 100 };
      expect(() => {
        requireFidelity({ cosine, recall: { i2t: same, t2i } });
      }).toThrow(/t2i, recall at 1.*\(100 queries\)/);
    }
  });

  it('refuses features of different splits, and wrong limits', async () => {
    const float32 = await encode(0);
    const shorter = { ...split, records: split.records.slice(1) };
    const other = await encodeSplit({ split: shorter, image: tower(0), text: tower(0) });
    expect(() => compareFidelity(float32, other)).toThrow(
      /not of one split.*24 records.*23 records/,
    );
    const { recall, cosine } = compareFidelity(float32, float32);
    for (const limits of [{ cosine: 2 }, { recallLoss: -1 }, { loss: 1 }]) {
      expect(() => {
        requireFidelity({ recall, cosine }, limits);
      }).toThrow(ConfigError);
    }
  });
});
