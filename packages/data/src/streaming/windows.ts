import { resolve } from 'node:path';
import { DataError, foldIn, permutation, type Key } from '@crossweave/core';
import { openDataset, type OpenDatasetOptions } from '../forms/open-dataset';
import type { Sample } from '../pairs/pictures';
import type { Row } from '../records/record';
import type { StreamPosition } from './position';

/** A row in the order in which it is shown. */
export interface StreamedRow {
  /** The sample, or why the row could not be read. */
  readonly sample: Sample | DataError;
  /** Where the stream goes on after this row. */
  readonly after: StreamPosition;
}

export interface WindowOptions {
  readonly shards: readonly string[];
  readonly dataset: OpenDatasetOptions;
  /** Rows that are shuffled among one another; 0 for the order of the files. */
  readonly shuffle: number;
  readonly key: Key;
  /** Whether a row is passed over; none where it is left out. */
  readonly passOver?: ((row: Row) => boolean) | undefined;
}

/** Rows that are read together where nothing is shuffled. */
const plainWindow = 256;

/**
 * The rows of an epoch from a position on. The order is a function of the key and the epoch: shards
 * in a drawn order, then rows, in windows of `shuffle`, each in a drawn order. So nothing but a
 * few numbers tells where one is, and no more than a window is held.
 */
export async function* rowsInOrder(
  { shards, dataset, shuffle, key, passOver }: WindowOptions,
  from: StreamPosition,
): AsyncGenerator<StreamedRow> {
  const epochKey = foldIn(key, from.epoch);
  const order =
    shuffle === 0
      ? shards.map((_, i) => i)
      : permutation(foldIn(epochKey, 'shards'), shards.length);
  const size = shuffle === 0 ? plainWindow : shuffle;
  let { window, taken } = from;
  let start = { shard: from.shard, row: from.row };
  let held: { row: Row; folder: string }[] = [];
  const emit = function* (end: { shard: number; row: number }): Generator<StreamedRow> {
    const drawn =
      shuffle === 0
        ? held.map((_, i) => i)
        : permutation(foldIn(foldIn(epochKey, 'window'), window), held.length);
    for (; taken < drawn.length; taken++) {
      const { row, folder } = held[drawn[taken]!]!;
      const last = taken === drawn.length - 1;
      const after = last
        ? { epoch: from.epoch, window: window + 1, ...end, taken: 0 }
        : { epoch: from.epoch, window, ...start, taken: taken + 1 };
      yield { sample: 'error' in row ? row.error : sampleOf(row.record, row, folder), after };
    }
    [held, start, taken, window] = [[], end, 0, window + 1];
  };
  for (let shard = from.shard; shard < order.length; shard++) {
    const source = await openDataset(shards[order[shard]!]!, dataset);
    let count = 0;
    for await (const row of source.rows()) {
      count++;
      if (shard === from.shard && count <= from.row) continue;
      if (passOver?.(row) === true) continue;
      held.push({ row, folder: source.folder });
      if (held.length === size) yield* emit({ shard, row: count });
    }
    if (shard === from.shard && count < from.row) {
      throw new DataError('the position lies behind the end of its shard', {
        where: source.name,
        expected: `at most ${count} rows before it`,
        got: from.row,
        advice: 'Resume with the data of the run that wrote the position.',
      });
    }
  }
  if (held.length > 0) yield* emit({ shard: order.length, row: 0 });
}

function sampleOf(record: Omit<Sample, 'path' | 'where'>, row: Row, folder: string): Sample {
  const { image, picture } = record;
  const path = picture === undefined ? resolve(folder, image) : `${folder}#${image}`;
  return { ...record, path, where: row.where ?? `${folder}:${row.line}` };
}
