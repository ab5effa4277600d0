import {
  ConfigError,
  DataError,
  disposeBatch,
  key,
  type Batch,
  type BatchSource,
  type PairRecord,
  type PairSplit,
} from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { memory, tensor4d } from '@tensorflow/tfjs-core';
import { assert, asyncProperty, boolean, constantFrom, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeTexts } from '../text/encode';
import { pairBatches } from './batches';
import { letters } from './folder.testing';

/** A split in memory: row i's picture holds the value i, captions are i-th letters. */
function splitOf(count: number, failing = -1): PairSplit {
  const records: PairRecord[] = Array.from({ length: count }, (_, i) => {
    const letter = String.fromCharCode(97 + i);
    return {
      id: `id-${i}`,
      captions: [letter, `${letter}${letter}`, `${letter}${letter}${letter}`],
      negatives: [0, 1, 2].map((of) =>
        ['x', 'y', 'z'].map((end) => ({ caption: `${letter.repeat(of + 1)}${end}`, kind: 'end' })),
      ),
    };
  });
  return {
    name: 'train',
    records,
    images(rows) {
      if (rows.includes(failing)) return Promise.reject(new DataError('damaged', { where: 'row' }));
      return Promise.resolve(tensor4d([...rows], [rows.length, 1, 1, 1]));
    },
    texts: (captions) => encodeTexts(captions, letters, 8),
    textIdentity: (caption) => caption,
  };
}

interface Plain {
  readonly ids: readonly string[];
  readonly captions: readonly string[];
  readonly image: number[];
  readonly text: number[][];
  readonly negatives: number[][];
}

/** A batch's values; the batch is disposed. */
function plain(batch: Batch): Plain {
  const values = {
    ids: batch.ids,
    captions: batch.captions ?? [],
    image: [...batch.image.dataSync()],
    text: batch.text.input_ids.arraySync(),
    negatives: batch.negatives?.input_ids.arraySync() ?? [],
  };
  disposeBatch(batch);
  return values;
}

async function epoch(source: BatchSource, number: number, from?: number): Promise<Plain[]> {
  const out: Plain[] = [];
  for await (const batch of source.batches(number, from)) out.push(plain(batch));
  return out;
}

testOptions(
  'pairBatches',
  (options) => pairBatches(splitOf(4), options),
  { describe, it },
  {
    required: { batchSize: 2, key: key(0) },
  },
);

describe('pairBatches', () => {
  it('names the false texts, in their order', async () => {
    const source = pairBatches(splitOf(4), { batchSize: 2, key: key(3), negatives: 3 });
    for await (const batch of source.batches(0)) {
      expect(batch.negativeCaptions).toHaveLength(6);
      const encoded = encodeTexts(batch.negativeCaptions ?? [], letters, 8);
      expect(encoded.input_ids.arraySync()).toEqual(batch.negatives?.input_ids.arraySync());
      disposeBatch({ ...batch, negatives: encoded });
      disposeBatch(batch);
    }
    for await (const batch of pairBatches(splitOf(4), { batchSize: 4, key: key(3) }).batches(0)) {
      expect(batch).not.toHaveProperty('negativeCaptions');
      disposeBatch(batch);
    }
  });

  it('pairs every image with one of its captions and that caption’s negatives', async () => {
    const source = pairBatches(splitOf(7), { batchSize: 3, key: key(0), negatives: 4 });
    expect([source.batchSize, source.batchesPerEpoch]).toEqual([3, 2]);
    const batches = await epoch(source, 0);
    expect(new Set(batches.flatMap(({ ids }) => ids)).size).toBe(6);
    for (const { ids, captions, image, text, negatives } of batches) {
      expect(ids).toEqual(image.map((row) => `id-${row}`));
      text.forEach((tokens, b) => {
        const letter = 3 + (image[b] ?? 0);
        const length = tokens.filter((id) => id === letter).length;
        expect(captions[b]?.length).toBe(length);
        expect(tokens.slice(0, length + 2)).toEqual([
          1,
          ...new Array<number>(length).fill(letter),
          2,
        ]);
        const ends = negatives.slice(b * 4, b * 4 + 4).map((negative) => {
          expect(negative.slice(1, length + 1)).toEqual(tokens.slice(1, length + 1));
          return negative[length + 1];
        });
        // Three negatives exist: all are used before one repeats.
        expect(new Set(ends.slice(0, 3))).toEqual(new Set([26, 27, 28]));
        expect(ends[3]).toBe(ends[0]);
      });
    }
  });

  it('is a pure function of key and epoch, and resumes anywhere', async () => {
    const split = splitOf(11);
    await assert(
      asyncProperty(
        integer({ min: 0, max: 2 ** 40 }),
        integer({ min: 0, max: 1000 }),
        integer({ min: 1, max: 11 }),
        integer({ min: 0, max: 11 }),
        integer({ min: 0, max: 2 }),
        boolean(),
        boolean(),
        constantFrom('random' as const, 'first' as const),
        async (seed, at, batchSize, from, negatives, shuffle, dropLast, captions) => {
          const options = { batchSize, key: key(seed), negatives, shuffle, dropLast, captions };
          const all = await epoch(pairBatches(split, options), at);
          const source = pairBatches(split, options);
          await epoch(source, at + 1);
          const start = Math.min(from, source.batchesPerEpoch);
          expect(await epoch(source, at, start)).toEqual(all.slice(start));
          expect(all).toHaveLength(source.batchesPerEpoch);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('carries the label of the caption that stands in the batch', async () => {
    const { records, ...rest } = splitOf(6);
    const labelled = records.map((record, i) =>
      i === 2 ? record : { ...record, labels: record.captions.map(({ length }) => length) },
    );
    const source = pairBatches({ ...rest, records: labelled }, { batchSize: 6, key: key(0) });
    for await (const batch of source.batches(0)) {
      batch.captions!.forEach((caption, b) => {
        expect(batch.labels![b]).toBe(batch.ids[b] === 'id-2' ? undefined : caption.length);
      });
      disposeBatch(batch);
    }
    for await (const batch of pairBatches(splitOf(6), { batchSize: 6, key: key(0) }).batches(0)) {
      expect(batch.labels).toBeUndefined();
      disposeBatch(batch);
    }
  });

  it('draws another order and other captions each epoch, and none when told so', async () => {
    const split = splitOf(12);
    const random = pairBatches(split, { batchSize: 12, key: key(3) });
    const [first, second] = [await epoch(random, 0), await epoch(random, 1)];
    expect(second[0]?.ids).not.toEqual(first[0]?.ids);
    expect(new Set(second[0]?.ids)).toEqual(new Set(first[0]?.ids));
    const still = pairBatches(split, {
      batchSize: 5,
      key: key(3),
      shuffle: false,
      captions: 'first',
      dropLast: false,
    });
    const batches = await epoch(still, 0);
    expect(batches.flatMap(({ image }) => image)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(batches.map(({ ids }) => ids.length)).toEqual([5, 5, 2]);
    expect(batches[0]?.text[1]?.slice(0, 4)).toEqual([1, 4, 2, 0]);
    expect(batches[0]?.negatives).toEqual([]);
  });

  it('does not let one sample’s draw depend on the others', async () => {
    const wide = pairBatches(splitOf(12), {
      batchSize: 12,
      key: key(5),
      shuffle: false,
      negatives: 2,
    });
    const narrow = pairBatches(splitOf(4), {
      batchSize: 4,
      key: key(5),
      shuffle: false,
      negatives: 2,
    });
    const [[all], [some]] = [await epoch(wide, 2), await epoch(narrow, 2)];
    expect(some?.text).toEqual(all?.text.slice(0, 4));
    expect(some?.negatives).toEqual(all?.negatives.slice(0, 8));
  });

  it('draws for every sample alike, whatever its id', async () => {
    const { records, ...rest } = splitOf(4);
    const ids = ['order', 'sample', 'caption', '__proto__'];
    const named = { ...rest, records: records.map((record, i) => ({ ...record, id: ids[i]! })) };
    const options = { batchSize: 4, key: key(11), negatives: 1 };
    const rows = new Set<string>();
    for (let at = 0; at < 24; at++) {
      const [batch] = await epoch(pairBatches(named, options), at);
      rows.add(batch?.image.join() ?? '');
      expect(new Set(batch?.ids)).toEqual(new Set(ids));
    }
    expect(rows.size).toBeGreaterThan(12);
  });

  it('leaks nothing, whether the loop ends, is left, throws or fails', async () => {
    const before = memory().numTensors;
    const source = pairBatches(splitOf(9), { batchSize: 2, key: key(0), negatives: 1 });
    await epoch(source, 0);
    expect(memory().numTensors).toBe(before);
    for await (const batch of source.batches(0)) {
      disposeBatch(batch);
      break;
    }
    expect(memory().numTensors).toBe(before);
    const thrown = async (): Promise<void> => {
      for await (const batch of source.batches(0)) {
        disposeBatch(batch);
        throw new Error('stop');
      }
    };
    await expect(thrown()).rejects.toThrow('stop');
    expect(memory().numTensors).toBe(before);
    const options = { batchSize: 2, key: key(0), shuffle: false };
    const seen: string[] = [];
    const failing = async (): Promise<void> => {
      for await (const batch of pairBatches(splitOf(9, 3), options).batches(0)) {
        seen.push(...plain(batch).ids);
        // Lets the prefetched failure come first: it must wait for its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await expect(failing()).rejects.toThrow('damaged');
    expect(seen).toEqual(['id-0', 'id-1']);
    expect(memory().numTensors).toBe(before);
  });

  it.each([0, 1, 3])('prepares %i batches while the caller works on one', async (prefetch) => {
    const before = memory().numTensors;
    const split = splitOf(16);
    let begun = 0;
    const counted = {
      ...split,
      images: (rows: readonly number[]) => {
        begun++;
        return split.images(rows);
      },
    };
    const options = { batchSize: 2, key: key(0), prefetch };
    let taken = 0;
    for await (const batch of pairBatches(counted, options).batches(0)) {
      disposeBatch(batch);
      expect(begun).toBe(Math.min(8, ++taken + prefetch));
      if (taken === 6) break;
    }
    expect(memory().numTensors).toBe(before);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses batch size %d',
    (batchSize) => {
      expect(() => pairBatches(splitOf(4), { batchSize, key: key(0) })).toThrow(ConfigError);
    },
  );

  it('refuses what it cannot do, naming both sides', () => {
    const options = { batchSize: 2, key: key(0) };
    expect(() => pairBatches(splitOf(4), { ...options, batchSize: 5 })).toThrow(
      /split "train".*at most 4.*batch size 5/,
    );
    expect(() =>
      pairBatches(splitOf(4), { ...options, batchSize: 5, dropLast: false }),
    ).not.toThrow();
    expect(() => pairBatches(splitOf(0), options)).toThrow(DataError);
    expect(() => pairBatches(splitOf(4), { ...options, negatives: -1 })).toThrow(ConfigError);
    expect(() => pairBatches(splitOf(4), options).batches(0, 3)).toThrow(ConfigError);
    expect(() => pairBatches(splitOf(4), options).batches(-1)).toThrow(ConfigError);
    const bare = {
      ...splitOf(2),
      records: [
        { id: 'p', captions: ['a'] },
        { id: 'q', captions: ['b'] },
      ],
    };
    expect(() => pairBatches(bare, { ...options, negatives: 1 })).toThrow(/none for "a" of p/);
  });
});
