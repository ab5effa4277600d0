import type { DataError } from '@crossweave/core';
import { contextOf } from '../records/read';
import { unreadFields } from '../records/unread-fields';
import { datasetChecks, openDataset, type OpenDatasetOptions } from '../forms/open-dataset';
import type { Row } from '../records/record';
import { eagerCount, type OpenPairsOptions } from './options';
import { holdOutSamples } from './hold-out';
import { requireFewRejects, type Reject } from './rejects';
import { RowJoiner, type ReadSample } from './samples';
import { CaptionDoubts } from './caption-doubts';
import { RowNames } from './row-names';
import { findShared, refuseShared, type SharedPictures } from './shared-pictures';

/** A captions file as samples, for the steps that look at texts and pictures. */
export interface ReadPairs {
  readonly options: OpenPairsOptions;
  /** Path of the file or folder, for messages. */
  readonly name: string;
  readonly samples: readonly ReadSample[];
  readonly rows: number;
  readonly rejects: readonly Reject[];
  readonly doubts: readonly DataError[];
  readonly sharedPictures: readonly SharedPictures[];
}

/** Reads a captions file and joins its rows; {@link openPairs} says what it refuses. */
export async function readPairs(options: OpenPairsOptions): Promise<ReadPairs> {
  const { policy, sharedPictures = 'refuse', maxRejects } = options;
  const dataset = await openDataset(options.captions, datasetOptions(options));
  const { name } = dataset;
  const joiner = new RowJoiner(name, dataset.folder);
  const doubts: DataError[] = [];
  const head: Row[] = [];
  const names = new RowNames();
  const captions = new CaptionDoubts();
  for await (const part of dataset.parts()) {
    if (head.length < eagerCount) {
      head.push(...part.slice(0, eagerCount - head.length));
      if (head.length === eagerCount) refuseHopeless(head);
    }
    joiner.add(part);
    for (const row of part) {
      if ('error' in row) continue;
      names.add(row.record);
      captions.add(row.record, row.where ?? `line ${row.line}`);
      if (row.doubt) doubts.push(row.doubt);
    }
  }
  if (head.length < eagerCount) refuseHopeless(head);
  const { bad, rows } = joiner;
  const joined = joiner.samples();
  const [firstBad] = bad;
  if (firstBad !== undefined && (policy === 'fail' || joined.length === 0)) throw firstBad.error;
  const rejects = bad.map(({ key, error }): Reject => ({
    key,
    error,
    reason: 'record',
    action: 'skipped',
    rows: 1,
  }));
  requireFewRejects(rejects, rows, name, maxRejects);
  names.requireOneSpelling(name);
  doubts.unshift(
    ...unreadFields(dataset.fields, contextOf(name, options), name),
    ...names.doubts(name),
    ...joiner.doubts(name),
    ...captions.doubts(name),
  );
  const { holdOut, columns } = options;
  const samples = holdOut === undefined ? joined : holdOutSamples(joined, holdOut, name);
  const files = findShared(samples, 'file', ({ path }) => path);
  const groups = findShared(samples, 'group', ({ group }) => group);
  // Without an id of its own, a record has its image's path or its line.
  const ids = findShared(samples, 'id', ({ id, image, missing }) =>
    id === image || missing === 'image' ? undefined : id,
  );
  if (sharedPictures === 'refuse') {
    refuseShared([...files, ...(columns?.group === undefined ? [] : groups)], name);
  }
  return {
    options,
    name,
    samples,
    rows,
    rejects,
    doubts,
    sharedPictures: [...files, ...groups, ...ids],
  };
}

/** @throws the first error when the first rows are all damaged: then all are likely to be. */
function refuseHopeless(rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined || !('error' in first)) return;
  if (rows.every((row) => 'error' in row)) throw first.error;
}

function datasetOptions(options: OpenPairsOptions): OpenDatasetOptions {
  const given = Object.entries(options).filter(([name]) => Object.hasOwn(datasetChecks, name));
  return Object.fromEntries(given);
}
