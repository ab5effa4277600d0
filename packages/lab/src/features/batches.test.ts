import { memory, type Tensor } from '@tensorflow/tfjs-core';
import { disposeBatch, key, type Batch, type Features } from '@crossweave/core';
import { pairBatches, type PairBatchesOptions } from '@crossweave/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { encodeSplit, type FeatureCache } from './encode-split';

let cache: FeatureCache;
beforeAll(async () => {
  cache = await encodeSplit({
    split: tinySplit(10),
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
});

async function collect(options: PairBatchesOptions, epoch = 0) {
  const batches: Batch<Features, Features>[] = [];
  for await (const batch of pairBatches(cache, options).batches(epoch)) batches.push(batch);
  return batches;
}

const list = (tensor: Tensor): number[] => [...tensor.dataSync()];

describe('batches of a feature cache', () => {
  it('hold each pair’s own image, caption and negatives', async () => {
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
        expect(negatives[b * 8]).not.toBe(number);
        seen.add(id);
      });
      expect(batch.groups).toEqual(batch.ids);
      disposeBatch(batch);
    }
    expect(seen.size).toBe(8);
    expect(memory().numTensors).toBe(before);
  });

  it('are those of the pictures it was made of', async () => {
    const options = { batchSize: 5, key: key(7), negatives: 1 };
    const of = async (source: AsyncIterable<Batch<unknown, unknown>>) => {
      const seen: unknown[] = [];
      for await (const batch of source) {
        seen.push([batch.ids, batch.groups, batch.captions]);
        disposeBatch(batch);
      }
      return seen;
    };
    expect(await of(pairBatches(cache, options).batches(3))).toEqual(
      await of(pairBatches(tinySplit(10), options).batches(3)),
    );
  });
});
