import { memory, type Tensor } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  disposeBatch,
  key,
  type Batch,
  type Features,
} from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { featureBatches, type FeatureBatchesOptions } from './batches';
import { encodeSplit, type FeatureCache } from './encode-split';

let cache: FeatureCache;
beforeAll(async () => {
  cache = await encodeSplit({
    split: tinySplit(10),
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
});

async function collect(options: FeatureBatchesOptions, epoch = 0, from = 0) {
  const batches: Batch<Features, Features>[] = [];
  for await (const batch of featureBatches(cache, options).batches(epoch, from))
    batches.push(batch);
  return batches;
}

const list = (tensor: Tensor): number[] => [...tensor.dataSync()];

describe('featureBatches', () => {
  it('gathers each pair’s own image, caption and negatives', async () => {
    const before = memory().numTensors;
    const batches = await collect({ batchSize: 4, key: key(1), negatives: 2 });
    expect(batches).toHaveLength(2);
    const seen = new Set<string>();
    for (const batch of batches) {
      expect(batch.image.tokens.shape).toEqual([4, 2, 3]);
      expect(batch.text.tokens.shape).toEqual([4, 4, 1]);
      expect(batch.negatives!.tokens.shape).toEqual([8, 4, 1]);
      const [images, texts] = [list(batch.image.pooled), list(batch.text.tokens)];
      const negatives = list(batch.negatives!.tokens);
      batch.ids.forEach((id, b) => {
        const number = Number(id.slice(1));
        expect(images[b * 3]).toBe(number);
        expect(texts[b * 4]).toBe(number);
        for (const k of [0, 1]) expect(negatives[(b * 2 + k) * 4]).not.toBe(number);
        seen.add(id);
      });
      expect(batch.groups).toEqual(batch.ids);
      disposeBatch(batch);
    }
    expect(seen.size).toBe(8);
    expect(memory().numTensors).toBe(before);
  });

  it('is a function of key and epoch, and starts at any batch', async () => {
    const options = { batchSize: 3, key: key(1), negatives: 1 };
    const ids = async (...args: Parameters<typeof collect>) =>
      (await collect(...args)).map(({ ids, text, negatives }) => [
        ids,
        list(text.tokens),
        list(negatives!.tokens),
      ]);
    const whole = await ids(options, 2);
    expect(await ids(options, 2)).toEqual(whole);
    expect(await ids(options, 2, 1)).toEqual(whole.slice(1));
    expect(await ids(options, 3)).not.toEqual(whole);
    expect(await ids({ ...options, key: key(2) }, 2)).not.toEqual(whole);
  });

  it('draws only the kinds asked for', async () => {
    const batches = await collect({ batchSize: 10, key: key(1), negatives: 1, kinds: ['object'] });
    const [batch] = batches;
    const negatives = list(batch!.negatives!.tokens);
    batch!.ids.forEach((id, b) => expect(negatives[b * 4]).toBe((Number(id.slice(1)) + 1) % 10));
    expect(list(batch!.text.mask).reduce((a, b) => a + b)).toBe(20);
  });

  it('tells images and texts apart: groups are images, captions go by identity', async () => {
    const same = {
      ...cache,
      records: cache.records.map(({ id }, i) => ({ id, captions: [`word${i % 2} a`] })),
      textIdentity: (caption: string) => `text of ${caption}`,
    };
    for await (const batch of featureBatches(same, { batchSize: 4, key: key(1) }).batches(0)) {
      expect(batch.groups).toEqual(batch.ids);
      expect(batch.captions).toEqual(
        batch.ids.map((id) => `text of word${Number(id.slice(1)) % 2} a`),
      );
      expect(batch.negatives).toBeUndefined();
      disposeBatch(batch);
    }
  });

  it('refuses sizes out of range and negatives that are not there', async () => {
    for (const batchSize of [0, 11, 1.5]) {
      expect(() => featureBatches(cache, { batchSize, key: key(1) })).toThrow(ConfigError);
    }
    const options = { batchSize: 2, key: key(1), negatives: 1 };
    expect(() => featureBatches(cache, { ...options, negatives: -1 })).toThrow(/negatives/);
    expect(() => featureBatches(cache, { ...options, kinds: ['odrer'] })).toThrow(/"order"/);
    const records = cache.records.map((record, i) =>
      i === 7 ? { ...record, negatives: [] } : record,
    );
    // Known before the first batch.
    expect(() => featureBatches({ ...cache, records }, options)).toThrow(DataError);
    expect(() => featureBatches({ ...cache, records }, options)).toThrow(/1 of 10 pairs.*"p7"/);
    await expect(collect(options, 0, 6)).rejects.toThrow(/"from"/);
  });
});

testOptions(
  'featureBatches',
  (options: FeatureBatchesOptions) => featureBatches(cache, options),
  { describe, it },
  { required: { batchSize: 2, key: key(1) } },
);
