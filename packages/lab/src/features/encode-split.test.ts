import { memory, scalar, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  disposeParams,
  inference,
  key,
  type FrozenEncoder,
} from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { encodeSplit } from './encode-split';

const towers = () => {
  const image = { encoder: imageEncoder, params: imageEncoder.init(key(0)) };
  return { image, text: { encoder: textEncoder, params: {} } };
};

describe('encodeSplit', () => {
  it('encodes every image and every distinct text once, in passes of one shape', async () => {
    const split = tinySplit(10);
    const before = memory().numTensors;
    const parts = towers();
    const cache = await encodeSplit({ split, ...parts, batchSize: 4 });
    disposeParams(parts.image.params);
    expect(memory().numTensors).toBe(before);
    expect(split.loads).toEqual([4, 4, 4]);
    expect(cache.imageTable.rows).toBe(10);
    expect(cache.textTable.rows).toBe(50);
    expect([...cache.imageTable.pooled(7)]).toEqual([7, 1, 2]);
  });

  it('encodes captions of equal identity once, and finds any of them', async () => {
    const split = tinySplit(3);
    const records = split.records.map(({ id }, i) => ({
      id,
      captions: [`word${i} a`, `Word${i} A `, 'a word9'],
    }));
    const textIdentity = (caption: string): string => caption.trim().toLowerCase();
    const cache = await encodeSplit({ split: { ...split, records, textIdentity }, ...towers() });
    expect(cache.textTable.rows).toBe(4);
    expect(cache.textRow('WORD1 A')).toBe(cache.textRow('word1 a'));
    expect(cache.textIdentity('Word2 A ')).toBe('word2 a');
  });

  it('marks the side that a record lacks, and no other text with it', async () => {
    const split = tinySplit(4);
    const records = split.records.map(({ id }, i) => ({
      id,
      captions: [i === 2 ? '' : `word${i} a`],
      ...(i === 1 && { missing: 'image' as const }),
      ...(i === 2 && { missing: 'text' as const }),
    }));
    const textIdentity = (caption: string): string => caption.replace('word3 a', '');
    const cache = await encodeSplit({ split: { ...split, records, textIdentity }, ...towers() });
    const image = cache.imageTable.gather([0, 1, 2, 3]);
    const text = cache.texts(records.map(({ captions }) => captions[0]!));
    expect([image, text].map(({ present }) => [...present!.dataSync()])).toEqual([
      [1, 0, 1, 1],
      [1, 1, 0, 1],
    ]);
  });

  it('refuses a false caption that is true of its image, before it decodes any', async () => {
    const split = tinySplit(3);
    const records = split.records.map(({ id }, i) => ({
      id,
      captions: [`word${i} a`, `word${i} b`],
      negatives: [
        [{ caption: `a word${i}`, kind: 'order' }],
        [{ caption: `word${i} A`, kind: 'x' }],
      ],
    }));
    const textIdentity = (caption: string): string => caption.toLowerCase();
    const encoding = encodeSplit({ split: { ...split, records, textIdentity }, ...towers() });
    await expect(encoding).rejects.toThrow(/false caption of "p0".*word0 A/);
    expect(split.loads).toEqual([]);
  });

  it('takes an encoder that another runtime computes in place of a tower', async () => {
    const split = tinySplit(5);
    const parts = towers();
    const { encoder, params } = parts.image;
    const frozen: FrozenEncoder<Tensor2D> = {
      name: 'frozen',
      features: encoder.features,
      fingerprint: '0',
      encode: (image) =>
        Promise.resolve(tidy(() => ({ ...encoder.apply(params, image, inference) }))),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const before = memory().numTensors;
    const cache = await encodeSplit({ split, ...parts, image: frozen, batchSize: 2 });
    expect(memory().numTensors).toBe(before);
    expect(cache.fingerprint).toBe((await encodeSplit({ split, ...parts })).fingerprint);
    disposeParams(params);
  });

  it('gives back what the encoder gave, without the padding', async () => {
    const cache = await encodeSplit({ split: tinySplit(5), ...towers(), batchSize: 3 });
    expect(cache.textTable.spec).toEqual({ dim: 1, tokens: 4 });
    const rows = [cache.textRow('word3 a'), cache.textRow('word0 a b c')];
    const { tokens, mask, pooled } = cache.textTable.gather(rows);
    expect(tokens.arraySync()).toEqual([
      [[3], [0.5], [0], [0]],
      [[0], [0.5], [0.5], [0.5]],
    ]);
    expect(mask.arraySync()).toEqual([
      [1, 1, 0, 0],
      [1, 1, 1, 1],
    ]);
    expect(pooled.dataSync()[0]).toBeCloseTo((3 + 0.5 - 4) / 6, 6);
  });

  it('has a fingerprint that follows data and weights, not the batch size', async () => {
    const at = async (count: number, batchSize: number, seed = 1) => {
      const parts = towers();
      if (seed !== 1) parts.image.params = { scale: scalar(seed) };
      return (await encodeSplit({ split: tinySplit(count), ...parts, batchSize })).fingerprint;
    };
    expect(await at(4, 2)).toBe(await at(4, 3));
    expect(await at(4, 2)).not.toBe(await at(5, 2));
    expect(await at(4, 2)).not.toBe(await at(4, 2, 3));
    expect(await at(4, 2)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has a fingerprint that follows labels and groups', async () => {
    const split = tinySplit(3);
    const of = async (change: object): Promise<string> => {
      const records = split.records.map((record) => ({ ...record, ...change }));
      return (await encodeSplit({ split: { ...split, records }, ...towers() })).fingerprint;
    };
    const labels = (label: string) => ({
      labels: split.records[0]!.captions.map(() => label),
    });
    const all = [{}, labels('a'), labels('b'), { group: 'a' }];
    expect(new Set(await Promise.all(all.map(of))).size).toBe(all.length);
  });

  it('refuses an empty split, a batch size of 0 and an unknown caption', async () => {
    await expect(encodeSplit({ split: tinySplit(0), ...towers() })).rejects.toThrow(DataError);
    const zero = encodeSplit({ split: tinySplit(2), ...towers(), batchSize: 0 });
    await expect(zero).rejects.toThrow(ConfigError);
    const cache = await encodeSplit({ split: tinySplit(2), ...towers() });
    expect(() => cache.textRow('nothing of the kind')).toThrow(DataError);
  });

  it('ends when aborted, and tells how far it is', async () => {
    const seen: string[] = [];
    const abort = new AbortController();
    const run = encodeSplit({
      split: tinySplit(8),
      ...towers(),
      batchSize: 4,
      signal: abort.signal,
      onProgress({ side, done, total }) {
        seen.push(`${side} ${done}/${total}`);
        if (done === 8) abort.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(seen).toEqual(['image 4/8', 'image 8/8']);
  });

  it('reads what a tower gives before it awaits anything, so that engines may compile in a thread', async () => {
    const order: string[] = [];
    const { image, text } = towers();
    const encoder: typeof imageEncoder = {
      ...imageEncoder,
      apply(...given) {
        const features = imageEncoder.apply(...given);
        queueMicrotask(() => order.push('turn'));
        const { pooled } = features;
        vi.spyOn(pooled, 'data').mockImplementation(() => {
          order.push('read');
          return Promise.resolve(pooled.dataSync() as never);
        });
        return features;
      },
    };
    await encodeSplit({ split: tinySplit(2), image: { ...image, encoder }, text });
    expect(order).toEqual(['read', 'turn']);
  });

  it('ends when aborted while an engine compiles', async () => {
    const abort = new AbortController();
    const run = encodeSplit({
      split: tinySplit(8),
      ...towers(),
      image: {
        ...{ name: 'slow', features: imageEncoder.features, fingerprint: '' },
        encode: () => new Promise<never>(() => setTimeout(() => abort.abort(new Error('enough')))),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      signal: abort.signal,
    });
    await expect(run).rejects.toThrow('enough');
  });
});

testOptions(
  'encodeSplit',
  encodeSplit,
  { describe, it },
  { required: { split: tinySplit(2), ...towers() }, anyText: ['store'] },
);
