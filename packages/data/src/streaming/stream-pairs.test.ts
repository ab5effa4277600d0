import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConfigError, disposeBatch, key } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { memory } from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarEnd, tarOf } from '../forms/tar.testing';
import { letters, testFolder, type TestFolder } from '../pairs/folder.testing';
import { encodeTexts } from '../text/encode';
import { imagenetPreprocessing } from '../image/preprocessing';
import type { StreamPairsOptions } from './options';
import type { StreamPosition } from './position';
import { streamPairs } from './stream-pairs';

let folder: TestFolder;
let source: string;

const preprocessing = { ...imagenetPreprocessing, size: 4, resizeTo: 4 };
const common = {
  tokenizer: letters,
  preprocessing,
  batchSize: 4,
  key: key(3),
  shuffle: 16,
  workers: 0,
} satisfies Partial<StreamPairsOptions>;

/** Five shards of 20 samples, of which sample 7 of each has no picture. */
beforeAll(async () => {
  folder = await testFolder();
  for (let shard = 0; shard < 5; shard++) {
    const entries = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const name = String(i).padStart(4, '0');
        const create = {
          width: 4,
          height: 4,
          channels: 3 as const,
          background: { r: i, g: shard, b: 0 },
        };
        return [
          ...(i === 7
            ? []
            : [{ name: `${name}.png`, content: await sharp({ create }).png().toBuffer() }]),
          { name: `${name}.txt`, content: `caption ${shard} ${i}` },
        ];
      }),
    );
    await folder.write(`train-${shard}.tar`, Buffer.concat([tarOf(entries.flat()), tarEnd]));
  }
  source = join(folder.path, 'train-{0..4}.tar');
});
afterAll(() => folder.remove());

/** Ids of the batches of an epoch or of its rest, with their positions. */
async function shown(
  from: number | StreamPosition,
  more: Partial<StreamPairsOptions> = {},
): Promise<{ ids: readonly string[]; position: StreamPosition }[]> {
  const stream = await streamPairs({ source, ...common, maxRejects: 0.1, ...more });
  const all = [];
  for await (const { batch, position } of stream.batches(from)) {
    all.push({ ids: batch.ids, position });
    disposeBatch(batch);
  }
  return all;
}

testOptions(
  'streamPairs',
  (options: object) => streamPairs({ source, ...common, ...options }),
  { describe, it },
  {
    anyText: ['images', 'source', 'tokenizer', 'text', 'split', 'only', 'background'],
    anyTexts: ['source'],
  },
);

describe('streamPairs', () => {
  it('has no place for records with a missing side', async () => {
    const options = { ...common, source, incomplete: 'allow' };
    await expect(streamPairs(options)).rejects.toThrow(/"incomplete"/);
  });

  it('names the false texts of a batch, in the order of their tokens', async () => {
    await folder.picture('pair.png', 40);
    const lines = ['a', 'b', 'c', 'd'].map((word, i) => ({
      ...{ id: word, image: `pair.png`, captions: [word] },
      negatives: [[{ caption: `${word}z`, kind: 'end' }]],
      split: `s${i}`,
    }));
    const captions = await folder.captions(lines);
    const stream = await streamPairs({ ...common, source: captions, negatives: 2 });
    for await (const { batch } of stream.batches(0)) {
      expect(batch.negativeCaptions).toHaveLength(8);
      const rows = batch.negatives!.input_ids.arraySync();
      const encoded = encodeTexts(
        batch.ids.flatMap((id) => [`${id}z`, `${id}z`]),
        letters,
        64,
      );
      expect(rows).toEqual(encoded.input_ids.arraySync());
      expect(new Set(batch.negativeCaptions).size).toBe(4);
      disposeBatch({ ...batch, negatives: encoded });
      disposeBatch(batch);
    }
    expect(stream.report.samples).toBe(4);
  });

  it('shows every sample once, in another order each epoch and with each key', async () => {
    const first = (await shown(0)).flatMap(({ ids }) => ids);
    // 95 samples: three do not fill a batch.
    expect(first).toHaveLength(92);
    expect(new Set(first).size).toBe(92);
    expect((await shown(0)).flatMap(({ ids }) => ids)).toEqual(first);
    expect((await shown(1)).flatMap(({ ids }) => ids)).not.toEqual(first);
    expect((await shown(0, { key: key(4) })).flatMap(({ ids }) => ids)).not.toEqual(first);
    expect((await shown(0, { prefetch: 1, workers: 0 })).flatMap(({ ids }) => ids)).toEqual(first);
    const plain = (await shown(0, { shuffle: 0 })).flatMap(({ ids }) => ids);
    expect(plain).toEqual([...plain].sort());
  });

  it('goes on after any batch as if it had not stopped', async () => {
    const whole = await shown(2);
    for (const [i, { position }] of whole.entries()) {
      const parsed = JSON.parse(JSON.stringify(position)) as StreamPosition;
      expect(await shown(parsed)).toEqual(whole.slice(i + 1));
    }
  });

  it('counts rejects: samples and rejects are the rows', async () => {
    const stream = await streamPairs({ source, ...common, maxRejects: 0.1 });
    for await (const { batch } of stream.batches(0)) disposeBatch(batch);
    const { rows, samples, rejects } = stream.report;
    expect({ rows, samples, rejects: rejects.count }).toEqual({
      rows: 100,
      samples: 95,
      rejects: 5,
    });
    expect(rejects.first[0]).toMatch(/0007\): .*no image/);
    await expect(shown(0, { maxRejects: 0.04 })).rejects.toThrow(/5 of the first 100 rows/);
    await expect(shown(0, { policy: 'fail' })).rejects.toThrow(/no image/);
  });

  it('gives the same from the network, and pictures with their captions', async () => {
    const server = createServer((request, response) => {
      void readFile(join(folder.path, basename(request.url ?? ''))).then((bytes) =>
        response.end(bytes),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const remote = `http://127.0.0.1:${port}/train-{0..4}.tar`;
      expect(await shown(0, { source: remote })).toEqual(await shown(0));
    } finally {
      server.close();
    }
    const normalise = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const stream = await streamPairs({
      source,
      ...common,
      maxRejects: 0.1,
      preprocessing: { ...preprocessing, normalise },
    });
    for await (const { batch } of stream.batches(0)) {
      const values = await batch.image.data();
      batch.ids.forEach((id, b) => {
        const [, shard, sample] = /train-(\d)\/(\d+)$/.exec(id)!;
        const at = b * 4 * 4 * 3;
        expect([values[at]! * 255, values[at + 1]! * 255].map(Math.round)).toEqual([
          Number(sample),
          Number(shard),
        ]);
      });
      disposeBatch(batch);
    }
  });

  it('leaks no tensor and ends where the loop ends, or the signal says so', async () => {
    const before = memory().numTensors;
    const stream = await streamPairs({ source, ...common });
    for await (const { batch } of stream.batches(0)) {
      disposeBatch(batch);
      break;
    }
    const stop = new AbortController();
    const reason = new Error('stopped');
    const stopped = await streamPairs({ source, ...common, signal: stop.signal });
    const loop = async (): Promise<void> => {
      for await (const { batch } of stopped.batches(0)) {
        disposeBatch(batch);
        stop.abort(reason);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(memory().numTensors).toBe(before);
  });

  it('passes over rows of other splits, counts them, and goes on from any position', async () => {
    await folder.picture('split.png', 40);
    const rows = Array.from({ length: 12 }, (_, i) => ({
      ...{ id: `${i}`, image: 'split.png', caption: 'a' },
      ...(i % 3 > 0 && { split: i % 3 === 1 ? 'train' : 'test' }),
    }));
    const own = { ...common, source: await folder.captions(rows), batchSize: 2, shuffle: 3 };
    const shownIds = async (
      options: Partial<StreamPairsOptions>,
      from: number | StreamPosition = 0,
    ): Promise<[ids: string[], position: StreamPosition][]> => {
      const all: [string[], StreamPosition][] = [];
      const stream = await streamPairs({ ...own, ...options });
      for await (const { batch, position } of stream.batches(from)) {
        all.push([[...batch.ids], position]);
        disposeBatch(batch);
      }
      expect(stream.report.rows).toBe(stream.report.samples + stream.report.others);
      return all;
    };
    const ids = (all: [string[], unknown][]): string[] => all.flatMap(([each]) => each).sort();
    const train = await shownIds({ only: 'train' });
    expect(ids(train)).toEqual(['0', '1', '10', '3', '4', '6', '7', '9']);
    expect(ids(await shownIds({ only: 'test' }))).toEqual(['11', '2', '5', '8']);
    // Rows that name no split are of the one that is given.
    expect(ids(await shownIds({ only: 'val', split: 'val' }))).toEqual(['0', '3', '6', '9']);
    for (const at of [1, 2, 3]) {
      const rest = await shownIds({ only: 'train' }, train[at - 1]![1]);
      expect(rest).toEqual(train.slice(at));
    }
  });

  it('knows its files by name, length and beginning, wherever they lie', async () => {
    const of = async (...names: string[]): Promise<string> => {
      const paths = names.map((name) => join(folder.path, name));
      return (await streamPairs({ ...common, source: paths })).fingerprint();
    };
    const bytes = await readFile(join(folder.path, 'train-0.tar'));
    for (const name of ['moved', 'other', 'longer']) await mkdir(join(folder.path, name));
    await folder.write('moved/train-0.tar', bytes);
    const other = Buffer.from(bytes);
    other[600]! ^= 1;
    await folder.write('other/train-0.tar', other);
    await folder.write('longer/train-0.tar', Buffer.concat([bytes, Buffer.alloc(512)]));
    const known = await of('train-0.tar');
    expect(await of('moved/train-0.tar')).toBe(known);
    const others = [['other/train-0.tar'], ['longer/train-0.tar'], ['train-1.tar']];
    for (const names of [...others, ['train-0.tar', 'train-1.tar']]) {
      expect(await of(...names)).not.toBe(known);
    }
  });

  it('refuses positions that are none', async () => {
    const stream = await streamPairs({ source, ...common });
    const wrong = { epoch: 0, window: 0, shard: 0, row: 99, taken: 0 };
    await expect(stream.batches(wrong).next()).rejects.toThrow(/behind the end of its shard/);
    await expect(stream.batches({ ...wrong, row: -1 }).next()).rejects.toThrow(ConfigError);
    await expect(stream.batches(1.5).next()).rejects.toThrow(ConfigError);
  });
});
