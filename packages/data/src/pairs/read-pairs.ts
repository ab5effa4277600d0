import type { DataError } from '@crossweave/core';
import { readParts } from '../records/read';
import type { Row } from '../records/record';
import { eagerCount, type OpenPairsOptions } from './options';
import { requireFewRejects, type Reject } from './rejects';
import { RowJoiner, type ReadSample } from './samples';
import { findShared, refuseShared, type SharedPictures } from './shared-pictures';

/** A captions file as samples, for the steps that look at texts and pictures. */
export interface ReadPairs {
  readonly options: OpenPairsOptions;
  readonly samples: readonly ReadSample[];
  readonly rows: number;
  readonly rejects: readonly Reject[];
  readonly doubts: readonly DataError[];
  readonly sharedPictures: readonly SharedPictures[];
}

/** Reads a captions file and joins its rows; {@link openPairs} says what it refuses. */
export async function readPairs(options: OpenPairsOptions): Promise<ReadPairs> {
  const { captions, policy, sharedPictures = 'refuse', maxRejects } = options;
  const joiner = new RowJoiner(captions);
  const doubts: DataError[] = [];
  for await (const part of readParts(captions, options)) {
    if (joiner.rows === 0) refuseHopeless(part);
    joiner.add(part);
    doubts.push(...part.flatMap((row) => ('record' in row && row.doubt ? [row.doubt] : [])));
  }
  const { bad, rows } = joiner;
  const samples = joiner.samples();
  const [firstBad] = bad;
  if (firstBad !== undefined && (policy === 'fail' || samples.length === 0)) throw firstBad.error;
  const rejects = bad.map(({ key, error }): Reject => ({
    key,
    error,
    reason: 'record',
    action: 'skipped',
    rows: 1,
  }));
  requireFewRejects(rejects, rows, captions, maxRejects);
  const shared = findShared(samples, 'file', ({ path }) => path);
  if (sharedPictures === 'refuse') refuseShared(shared, captions);
  return {
    options,
    samples,
    rows,
    rejects,
    doubts,
    sharedPictures: shared,
  };
}

/** @throws the first error when the first rows are all damaged: then all are likely to be. */
function refuseHopeless(rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined || !('error' in first)) return;
  if (rows.slice(0, eagerCount).every((row) => 'error' in row)) throw first.error;
}
