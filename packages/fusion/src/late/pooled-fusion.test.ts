import { add, concat, matMul, memory, mul, profile, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import {
  inference,
  key,
  parameter,
  type Context,
  type Features,
  type FeatureSpec,
  type Params,
} from '@crossweave/core';
import { number, readOptions } from '@crossweave/core/authoring';
import { expectClose, sampleFeatures, testFusion, testOptions } from '@crossweave/core/testing';
import { dropout, initLinear, linear } from '@crossweave/core/nn';
import { describe, expect, it } from 'vitest';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from './pooled-fusion';

const image: FeatureSpec = { dim: 6, tokens: 3 };
const text: FeatureSpec = { dim: 4, tokens: 'varies' };

interface Options extends PooledFusionOptions {
  power?: number;
}

/** Product of projections, prepared as records of two tensors on one side. */
function product(options: Options = {}) {
  const settings = readOptions<Options>(
    'product',
    options,
    { ...pooledFusionDefaults, power: 1 },
    { ...pooledFusionChecks, power: number() },
  );
  return pooledFusion({
    where: 'product',
    name: 'product',
    settings,
    init: (from, specs) => ({
      ...initLinear(from, 'image', { in: specs.image.dim, out: settings.dim }),
      ...initLinear(from, 'text', { in: specs.text.dim, out: settings.dim }),
    }),
    prepare: (params, left, right) => {
      const x = linear(params, 'image', left);
      return { image: { x, twice: mul(x, 2) }, text: linear(params, 'text', right) };
    },
    join: (_, { x, twice }, y, ctx) =>
      dropout(add(mul(x, y), twice), settings.dropout, ctx, 'joint'),
  });
}

testFusion(() => product({ dim: 5, dropout: 0.3, chunk: 3 }), { describe, it });
testFusion(
  () => product({ dim: 5 }),
  { describe, it },
  { image: { dim: 6, tokens: 0 }, text: { dim: 4, tokens: 0 } },
);

describe('pooledFusion', () => {
  const rows = (spec: FeatureSpec, seed: number, batch: number) =>
    sampleFeatures(key(seed), spec, { batch });

  it('scores the same whatever the chunk', () =>
    tidy(() => {
      const score = (chunk: number) => {
        const fusion = product({ dim: 5, chunk });
        const params = fusion.init(key(1), image, text);
        return fusion.score(params, rows(image, 2, 5), rows(text, 3, 4), inference);
      };
      const whole = score(20);
      for (const chunk of [1, 3, 8]) expectClose(score(chunk), whole);
    }));

  it('holds one chunk of pairs in memory, not all of them', async () => {
    const [images, texts] = [rows(image, 2, 32), rows(text, 3, 32)];
    const vectorsAtPeak = async (chunk: number): Promise<number> => {
      const fusion = product({ dim: 64, chunk });
      const params = fusion.init(key(1), image, text);
      const before = memory().numBytes;
      const { peakBytes } = await profile(() => fusion.score(params, images, texts, inference));
      return (peakBytes - before) / (64 * 4);
    };
    const whole = await vectorsAtPeak(32 * 32);
    expect(whole).toBeGreaterThan(4 * 32 * 32);
    // The prepared rows, and a 32nd of the pairs.
    expect(await vectorsAtPeak(32)).toBeLessThan(whole / 8);
  });

  it('draws other dropout in each pass', () =>
    tidy(() => {
      const fusion = product({ dim: 5, dropout: 0.5, chunk: 1 });
      const params = fusion.init(key(1), image, text);
      const twice = (spec: FeatureSpec): Features => {
        const one = rows(spec, 2, 1);
        return { ...one, pooled: concat([one.pooled, one.pooled]) };
      };
      const ctx: Context = { training: true, key: key(5) };
      const scores = fusion.score(params, twice(image), twice(text), ctx).dataSync();
      expect(new Set(scores).size).toBeGreaterThan(1);
    }));

  it('takes scores in closed form where a fusion has one', () =>
    tidy(() => {
      const settings = { ...pooledFusionDefaults, dim: 4 };
      const fusion = pooledFusion({
        where: 'fixed',
        name: 'fixed',
        settings,
        init: () => ({}),
        prepare: (_, left, right) => ({ image: left, text: right }),
        join: (_, left) => left,
        score: (_, left, right) => matMul(left, right, false, true),
      });
      const [left, right] = [rows(text, 2, 3), rows(text, 3, 2)];
      const scores = fusion.score(fusion.init(key(1), text, text), left, right, inference);
      expectClose(scores, matMul(left.pooled, right.pooled, false, true));
    }));

  it('makes the match head as wide as the joint representation', () => {
    const parts = {
      where: 'wide',
      name: 'wide',
      settings: pooledFusionDefaults,
      init: () => ({}),
      prepare: (_: Params, left: Tensor2D, right: Tensor2D) => ({ image: left, text: right }),
      join: (_: Params, left: Tensor2D, right: Tensor2D) => concat([left, right], 1),
    };
    const shape = (width?: (specs: { image: FeatureSpec; text: FeatureSpec }) => number) =>
      tidy(() => {
        const fusion = pooledFusion({ ...parts, ...(width && { width }) });
        return parameter(fusion.init(key(1), image, text), 'match_head.weight').shape;
      });
    expect(shape()).toEqual([1, 256]);
    expect(shape((specs) => specs.image.dim + specs.text.dim)).toEqual([1, 10]);
  });

  it('refuses sides of unequal batches', () =>
    tidy(() => {
      const fusion = product({ dim: 5 });
      const params = fusion.init(key(1), image, text);
      expect(() => fusion.fuse(params, rows(image, 2, 3), rows(text, 3, 2), inference)).toThrow(
        /product.fuse: text.pooled.*B is 3/,
      );
    }));
});

testOptions('pooledFusion', product, { describe, it });

it('checks the settings itself, whatever a fusion did with its options', () => {
  const settings = { ...pooledFusionDefaults, chunk: 0 };
  const make = () =>
    pooledFusion({
      ...{ where: 'mine', name: 'mine', settings, init: () => ({}) },
      prepare: (_, left, right) => ({ image: left, text: right }),
      join: (_, left) => left,
    });
  expect(make).toThrow(/mine: "chunk".*at least 1; got 0/);
});
