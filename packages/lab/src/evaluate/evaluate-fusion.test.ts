import { memory } from '@tensorflow/tfjs-core';
import { key } from '@crossweave/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { blindFusion, equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { evaluateFusion } from './evaluate-fusion';
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
    // A blind scorer among the dual's first 4 images: the right one is one of four.
    const { metrics } = await evaluateFusion(blind, cache, { dual, top: 4 });
    expect(metrics['retrieval.t2i.r1']).toBeCloseTo(1 / 4, 12);
    expect(metrics['retrieval.t2i.r5']).toBe(1);
    expect(metrics['matching.accuracy']).toBe(0.5);
  });

  it('gives a blind scorer chance', async () => {
    const { metrics } = await evaluateFusion({ fusion: blindFusion, params: {} }, cache);
    const chance = chanceOf(cache);
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(chance).sort());
    for (const [name, value] of Object.entries(chance)) expect(metrics[name]).toBeCloseTo(value, 9);
    expect(chance['retrieval.t2i.r1']).toBeCloseTo(1 / 12, 12);
    expect(chance['retrieval.i2t.r1']).toBeCloseTo(2 / 24, 12);
    expect(chance['matching.accuracy']).toBe(0.5);
  });
});
