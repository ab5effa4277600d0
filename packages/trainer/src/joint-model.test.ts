import { memory, ones, tensor1d, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  key,
  type Context,
  type Encoder,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { cachedEncoder } from './cached-encoder';
import { jointModel } from './joint-model';
import { dotFusion, linearEncoder, vectorFeatures } from './tiny.testing';

const training: Context = { training: true, key: key(5) };

/** An encoder that tells how it was called. */
function spied(calls: { rows: number; ctx: Context }[]): Encoder<Tensor2D> {
  const encoder = linearEncoder('linear', 3);
  return {
    ...encoder,
    apply(params, input, ctx) {
      calls.push({ rows: input.shape[0], ctx });
      return encoder.apply(params, input, ctx);
    },
  };
}

const image = () => tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]);
const negatives = () => tensor2d([1, 1, 1, 1, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0], [4, 4]);
const batchOf = () => ({
  size: 2,
  ids: ['a', 'b'],
  groups: ['a', 'b'],
  image: image(),
  text: image(),
  negatives: negatives(),
});

describe('jointModel', () => {
  it('puts the parameters of its parts under image., text. and fusion.', () => {
    const encoder = linearEncoder('linear', 3);
    const model = jointModel({ image: encoder, text: encoder, fusion: dotFusion });
    const params = model.init(key(1));
    expect(Object.keys(params).sort()).toEqual([
      'fusion.scale',
      'image.running_mean',
      'image.weight',
      'text.running_mean',
      'text.weight',
    ]);
    expect(params['image.weight']!.dataSync()).not.toEqual(params['text.weight']!.dataSync());
    expect(model.name).toBe('linear + linear + dot');
    disposeParams(params);
  });

  it('leaves nothing behind when a part refuses', () => {
    const encoder = linearEncoder('linear', 3);
    const init = (): never => {
      ones([5]);
      throw new Error('no such width');
    };
    const model = jointModel({
      image: encoder,
      text: encoder,
      fusion: { ...dotFusion, init },
    });
    const before = memory().numTensors;
    expect(() => model.init(key(1))).toThrow('no such width');
    expect(memory().numTensors).toBe(before);
  });

  it('encodes texts and negatives in one pass, and gives each its rows', () => {
    const calls: { rows: number; ctx: Context }[] = [];
    const encoder = linearEncoder('linear', 3);
    const model = jointModel({ image: encoder, text: spied(calls), fusion: dotFusion });
    const params = model.init(key(1));
    tidy(() => {
      const recorded: string[] = [];
      const record = (path: string): number => recorded.push(path);
      const out = model.forward(params, batchOf(), { ...training, record });
      expect(calls.map(({ rows }) => rows)).toEqual([6]);
      expect(recorded.sort()).toEqual(['image.running_mean', 'text.running_mean']);
      const own: Params = {
        weight: params['text.weight']!,
        running_mean: params['text.running_mean']!,
      };
      const alone = encoder.apply(own, negatives(), training).pooled.dataSync();
      expect([...out.negatives!.pooled.dataSync()]).toEqual([...alone]);
      expect(out.negatives!.tokens.shape).toEqual([4, 1, 3]);
      expect(out.text.pooled.shape).toEqual([2, 3]);
      expect(out.score(out.image, out.negatives!).shape).toEqual([2, 4]);
      const match = out.fuse(out.image, out.text).match.dataSync();
      const score = out.score(out.image, out.text).dataSync();
      expect(match[1]).toBeCloseTo(score[3]!, 4);
    });
    disposeParams(params);
  });

  it('hands cached features through untouched', () => {
    const before = memory().numTensors;
    tidy(() => {
      const cached = cachedEncoder('cached', { dim: 4, tokens: 1 });
      const model = jointModel({ image: cached, text: cached, fusion: dotFusion });
      const [features, false_] = [vectorFeatures(image()), vectorFeatures(negatives())];
      const batch = { ...batchOf(), image: features, text: features, negatives: false_ };
      const out = model.forward(model.init(key(1)), batch, training);
      expect(out.image).toBe(features);
      expect(out.negatives).toBe(false_);
    });
    expect(memory().numTensors).toBe(before);
  });

  it('runs frozen parts as in inference and records nothing of them', () => {
    const calls: { rows: number; ctx: Context }[] = [];
    const model = jointModel({
      image: spied(calls),
      text: linearEncoder('linear', 3),
      fusion: dotFusion,
    });
    const frozen = (path: string): boolean => path.startsWith('image.');
    tidy(() => {
      const recorded: string[] = [];
      const record = (path: string): number => recorded.push(path);
      const whole = { ...training, step: 4, recompute: true, record, frozen };
      model.forward(model.init(key(1)), batchOf(), whole);
      expect(recorded).toEqual(['text.running_mean']);
      const { ctx } = calls[0]!;
      expect([ctx.training, ctx.record, ctx.step, ctx.recompute]).toEqual([
        false,
        undefined,
        4,
        true,
      ]);
    });
  });

  it('hands missing rows to a fusion that takes them, and refuses them to another', () => {
    const cached = cachedEncoder<PooledFeatures>('cached', { dim: 4, tokens: 0 });
    tidy(() => {
      const features = { pooled: image(), present: tensor1d([1, 0]) };
      const batch = { ...batchOf(), image: { pooled: image() }, text: { pooled: image() } };
      const partial = { ...batch, text: features, negatives: { pooled: negatives() } };
      const parts = { image: cached, text: cached, fusion: dotFusion };
      const model = jointModel(parts);
      const params = model.init(key(1));
      expect(() => model.forward(params, partial, training)).toThrow(/missing rows/);
      const taking = jointModel({ ...parts, fusion: { ...dotFusion, takesMissing: true } });
      expect(taking.forward(params, partial, training).text.present).toBe(features.present);
      expect(() => cached.apply({}, { ...features, present: ones([3]) }, training)).toThrow(
        /present/,
      );
    });
  });

  it('refuses a fusion of tokens over an encoder without any, where types could not', () => {
    const cached = cachedEncoder('cached', { dim: 4, tokens: 0 });
    const fusion = { ...dotFusion, name: 'attention', reads: 'tokens' } as const;
    const model = jointModel({ image: cached, text: cached, fusion });
    expect(() => model.init(key(1))).toThrow(/attention: .*the image encoder gives none/);
  });
});
