import { disposeBatch, key, type Label, type PairRecord, type PairSplit } from '@crossweave/core';
import { tensor4d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { encodeTexts } from '../text/encode';
import { pairBatches, type PairBatchesOptions } from './batches';
import { letters } from './folder.testing';

/** 16 pairs of `common`, 4 of `some`, 1 of `rare`, 3 without a label. */
const counts = { common: 16, some: 4, rare: 1 };

function splitOf(change: (label: Label, row: number) => Label = (label) => label): PairSplit {
  const labels = [
    ...Object.entries(counts).flatMap(([name, count]) => new Array<string>(count).fill(name)),
    ...[undefined, undefined, undefined],
  ];
  const records = labels.map((label, row): PairRecord => ({
    id: `id-${row}`,
    captions: ['a', 'b'],
    labels: [undefined, label === undefined ? undefined : change(label, row)],
  }));
  return {
    name: 'train',
    records,
    images: (rows) => Promise.resolve(tensor4d([...rows], [rows.length, 1, 1, 1])),
    texts: (captions) => encodeTexts(captions, letters, 8),
    textIdentity: (caption) => caption,
  };
}

interface Shown {
  readonly ids: readonly string[];
  readonly labels: readonly unknown[];
  readonly captions: readonly string[];
}

async function shown(
  options: Partial<PairBatchesOptions>,
  epoch = 0,
  from?: number,
): Promise<Shown[]> {
  const batches: Shown[] = [];
  const source = pairBatches(splitOf(), { batchSize: 6, key: key(5), ...options });
  for await (const batch of source.batches(epoch, from)) {
    batches.push({ ids: batch.ids, labels: batch.labels!, captions: batch.captions! });
    disposeBatch(batch);
  }
  return batches;
}

function countsOf(batches: readonly Shown[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const label of batches.flatMap(({ labels }) => labels)) {
    found[String(label)] = (found[String(label)] ?? 0) + 1;
  }
  return found;
}

describe('sampling', () => {
  it('shows every class equally often, exactly, and no pair without a label', async () => {
    for (const epoch of [0, 1, 2]) {
      const batches = await shown({ sampling: 'balanced' }, epoch);
      expect(countsOf(batches)).toEqual({ common: 8, some: 8, rare: 8 });
      expect(new Set(batches.flatMap(({ captions }) => captions))).toEqual(new Set(['b']));
      // Of eight common pairs none stands twice; of the four others each twice.
      const ids = batches.flatMap(({ ids }) => ids);
      const times = (id: string): number => ids.filter((each) => each === id).length;
      expect(
        Math.max(...ids.slice(0).map((id) => (Number(id.slice(3)) < 16 ? times(id) : 1))),
      ).toBe(1);
      expect([16, 17, 18, 19].map((row) => times(`id-${row}`))).toEqual([2, 2, 2, 2]);
    }
    const first = (await shown({ sampling: 'balanced' }, 0)).flatMap(({ ids }) => ids);
    const second = (await shown({ sampling: 'balanced' }, 1)).flatMap(({ ids }) => ids);
    expect([...second].sort()).not.toEqual([...first].sort());
  });

  it('shows classes by the square root of their pairs', async () => {
    // 24 in the proportion 4 : 2 : 1 is 13.7, 6.9, 3.4.
    expect(countsOf(await shown({ sampling: 'square-root' }))).toEqual({
      ...{ common: 14, some: 7, rare: 3 },
    });
  });

  it('is the same for the same key, from any batch on, and another for another key', async () => {
    const all = await shown({ sampling: 'balanced' }, 4);
    expect(await shown({ sampling: 'balanced' }, 4)).toEqual(all);
    expect(await shown({ sampling: 'balanced' }, 4, 2)).toEqual(all.slice(2));
    expect(await shown({ sampling: 'balanced', key: key(6) }, 4)).not.toEqual(all);
  });

  it('leaves everything as it was where it is none', async () => {
    expect(await shown({ sampling: 'none' })).toEqual(await shown({}));
  });

  it('is refused for several classes a pair, without labels, and for the order of the file', () => {
    const common = { batchSize: 2, key: key(0), sampling: 'balanced' } as const;
    const several = splitOf((label) => [String(label)]);
    expect(() => pairBatches(several, common)).toThrow(/several classes.*positiveWeights/);
    const bare = { ...splitOf(), records: [{ id: 'a', captions: ['a'] }] };
    expect(() => pairBatches(bare, { ...common, batchSize: 1 })).toThrow(/no pair has a label/);
    expect(() => pairBatches(splitOf(), { ...common, captions: 'first' })).toThrow(
      /no pair has a label/,
    );
    expect(() => pairBatches(splitOf(), { ...common, shuffle: false })).toThrow(/order to keep/);
  });
});
