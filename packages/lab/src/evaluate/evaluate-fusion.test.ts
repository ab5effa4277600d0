import { memory, mul } from '@tensorflow/tfjs-core';
import { key, type Fusion } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { blindFusion, equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { evaluateFusion, type EvaluateOptions } from './evaluate-fusion';
import { chanceOf } from './plan';

let cache: FeatureCache;
beforeAll(async () => {
  cache = await encodeSplit({
    split: tinySplit(12),
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
});

const perfect = {
  'matching.accuracy': 1,
  'matching.accuracy.object': 1,
  'matching.accuracy.order': 1,
  'retrieval.i2t.r1': 1,
  'retrieval.t2i.r1': 1,
  'retrieval.t2i.meanRank': 1,
};

/** A scorer that says the reverse, `factor` times as loud. */
function opposite(fusion: Fusion, factor: number): Fusion {
  return {
    ...fusion,
    fuse: (...args) => {
      const { joint, match } = fusion.fuse(...args);
      return { joint, match: mul(match, -factor) };
    },
  };
}

describe('evaluateFusion', () => {
  it.each([['separable'], ['joint']] as const)(
    'finds that a perfect %s scorer is perfect, and leaks nothing',
    async (scoring) => {
      const fitted = { fusion: equalityFusion(scoring), params: {} };
      const before = memory().numTensors;
      const { metrics, outcomes } = await evaluateFusion(fitted, cache, { chunk: 7 });
      expect(memory().numTensors).toBe(before);
      expect(metrics).toMatchObject(perfect);
      expect(outcomes['matching.accuracy']).toHaveLength(12);
      expect(outcomes['retrieval.t2i.r5']).toHaveLength(12);
    },
  );

  it('re-ranks what the dual fusion finds, and only that', async () => {
    const dual = { fusion: equalityFusion('separable'), params: {} };
    const joint = { fusion: equalityFusion('joint'), params: {} };
    const blind = { fusion: blindFusion, params: {} };
    expect((await evaluateFusion(joint, cache, { dual, top: 3 })).metrics).toMatchObject(perfect);
    // What adds nothing leaves the dual's order as it was.
    const { metrics } = await evaluateFusion(blind, cache, { dual, top: 4 });
    expect(metrics['retrieval.t2i.r1']).toBe(1);
    // A misleading scorer ruins the first 4, and only their order.
    const wrong = { fusion: opposite(equalityFusion('joint'), 1000), params: {} };
    const misled = (await evaluateFusion(wrong, cache, { dual, top: 4 })).metrics;
    expect(misled['retrieval.t2i.r1']).toBe(0);
    expect(misled['retrieval.t2i.r5']).toBe(1);
    expect(metrics['matching.accuracy']).toBe(0.5);
  });

  it('gives a blind scorer exactly chance, and says what chance is', async () => {
    const blind = { fusion: blindFusion, params: {} };
    const { metrics, chance, split } = await evaluateFusion(blind, cache);
    expect(metrics).toEqual(chance);
    expect(chance).toEqual(chanceOf(cache));
    expect(chance['retrieval.t2i.r1']).toBeCloseTo(1 / 12, 12);
    expect(chance['retrieval.i2t.r1']).toBeCloseTo(2 / 24, 12);
    expect(chance['matching.accuracy']).toBe(0.5);
    expect(split).toMatchObject({ images: 12, texts: 24, sharedTexts: 0 });
  });

  it('does not let a caption of all images lift an untrained scorer', async () => {
    const split = tinySplit(12);
    const records = split.records.map(({ id, captions }) => ({
      id,
      captions: [...captions, 'a picture'],
    }));
    const shared = await encodeSplit({
      split: { ...split, records },
      image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
      text: { encoder: textEncoder, params: {} },
    });
    const blind = { fusion: blindFusion, params: {} };
    const { metrics } = await evaluateFusion(blind, shared);
    expect(metrics['retrieval.i2t.r1']).toBeCloseTo(3 / 25, 12);
    expect(metrics['retrieval.t2i.r1']).toBeCloseTo(1 / 12, 12);
  });
});

const evaluate = (options: EvaluateOptions): Promise<unknown> =>
  evaluateFusion({ fusion: blindFusion, params: {} }, cache, options);
testOptions('evaluateFusion', evaluate, { describe, it });
