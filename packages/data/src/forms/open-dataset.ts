import { dirname, relative, resolve } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import {
  checkOptions,
  oneOf,
  requireValue,
  text,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import { namedColumns } from '../records/columns';
import { contextOf, readParts } from '../records/read';
import { readChecks, type ReadRowsOptions, type RecordFormat } from '../records/read-options';
import type { Row } from '../records/record';
import { classFoldersReader } from './class-folders';
import { cocoReader } from './coco';
import { flickr30kReader } from './flickr30k';
import { memoryReader, type RecordSource } from './memory';
import { parquetReader } from './parquet';
import { datasetFormats, type DatasetFormat, type FormReader } from './reader';
import { recognise } from './recognise';
import { Spool } from './spool';
import { webDatasetReader } from './webdataset';

/**
 * A path of a file or a folder, the address of a shard, several of them, or records of a program.
 * `shard-{000..012}.tar` stands for all of these.
 */
export type DatasetSource = string | readonly string[] | RecordSource;

export interface OpenDatasetOptions extends Omit<ReadRowsOptions, 'format'> {
  /** The form. Default: by the names of files and what a folder holds. */
  readonly format?: DatasetFormat;
  /** Folder to which the paths of images are relative. Default: that of the file. */
  readonly images?: string;
}

/** A dataset of any form. */
export interface Dataset {
  readonly format: DatasetFormat | 'records';
  /** Path of its file or folder, for messages. */
  readonly name: string;
  /** Folder to which the images' paths are relative. */
  readonly folder: string;
  /**
   * All rows in their order, the damaged ones with their errors: every record that was written is
   * one of them. Calling it again reads again (records of an iterator that gives them once do not
   * come back).
   *
   * @throws DataError when the file is missing, damaged as a whole, lacks columns, or has no row
   */
  rows(): AsyncGenerator<Row>;
  /** The same in parts. */
  parts(): AsyncGenerator<readonly Row[]>;
  /** Names of the fields of the rows that were read so far, for forms of named fields. */
  readonly fields: ReadonlySet<string>;
}

export const sourceCheck: Check = {
  expected: 'a path, a list of paths, or records that can be gone through',
  accepts: (value) =>
    typeof value === 'string'
      ? value !== ''
      : typeof value === 'object' &&
        value !== null &&
        (Symbol.iterator in value || Symbol.asyncIterator in value),
};

export const datasetChecks: Checks<OpenDatasetOptions> = {
  ...readChecks,
  format: oneOf(...datasetFormats),
  images: text(),
};

/**
 * Opens a dataset in the form in which it lies there: JSONL, CSV, TSV, Flickr30k's CSV, COCO captions,
 * a folder for each class, WebDataset shards, Parquet, or records of a program. Nothing but names is
 * looked at; `rows` reads, and holds one part at a time.
 *
 * ```ts
 * for await (const row of (await openDataset('shards/train-{000..009}.tar')).rows()) {
 *   if ('error' in row) console.warn(row.error.message);
 *   else console.log(row.record.id, row.record.captions);
 * }
 * ```
 *
 * @throws DataError when nothing is there, or nothing of a known form
 * @throws ConfigError for a wrong option, or a folder that holds several forms
 */
export async function openDataset(
  source: DatasetSource,
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  requireValue('openDataset', 'source', source, sourceCheck);
  checkOptions('openDataset', options, datasetChecks);
  const seen = new Set<string>();
  const { reader, format } = await readerOf(source, options, seen);
  const parts = () => checkedParts(reader, options, seen);
  return {
    format,
    name: reader.name,
    folder: reader.folder,
    parts,
    fields: seen,
    async *rows() {
      for await (const part of parts()) yield* part;
    },
  };
}

async function readerOf(
  source: DatasetSource,
  options: OpenDatasetOptions,
  seen: Set<string>,
): Promise<{ reader: FormReader; format: DatasetFormat | 'records' }> {
  const { images, signal } = options;
  if (!isPaths(source)) {
    refuseOptions('records', options, 'records');
    const context = { ...contextOf('records', options), seen };
    return { reader: memoryReader(source, context, images), format: 'records' };
  }
  const { format, files } = await recognise(source, options.format);
  const [file] = files as [string];
  refuseOptions(format, options, file);
  const context = { ...contextOf(file, options), seen };
  const spool = new Spool();
  switch (format) {
    case 'coco': {
      const readers = files.map((each) => cocoReader(each, { context, images, signal }));
      return { reader: joined(readers), format };
    }
    case 'class-folders':
      return { reader: classFoldersReader(file, { context, signal }), format };
    case 'webdataset':
      return { reader: webDatasetReader(files, { context, spool, signal }), format };
    case 'parquet':
      return { reader: parquetReader(files, { context, spool, images, signal }), format };
    default:
      return { reader: textReader(file, format, options, seen), format };
  }
}

function isPaths(source: DatasetSource): source is string | readonly string[] {
  if (typeof source === 'string') return true;
  return Array.isArray(source) && source.every((entry: unknown) => typeof entry === 'string');
}

function textReader(
  file: string,
  format: RecordFormat | 'flickr30k',
  { images, ...options }: OpenDatasetOptions,
  seen: Set<string>,
): FormReader {
  if (format === 'flickr30k') return flickr30kReader(file, options, images);
  const parts = () => readParts(file, { ...options, format, seen });
  return { name: file, folder: images ?? dirname(resolve(file)), parts };
}

/** Several files as one; paths of images become relative to the folder of the first. */
function joined(readers: readonly FormReader[]): FormReader {
  const [first] = readers as readonly [FormReader];
  if (readers.length === 1) return first;
  const folder = dirname(resolve(first.name));
  const moved = (row: Row, from: string): Row => {
    if ('error' in row) return row;
    const image = relative(folder, resolve(from, row.record.image));
    return { ...row, record: { ...row.record, image } };
  };
  return {
    name: `${first.name} and ${readers.length - 1} more`,
    folder,
    async *parts() {
      for (const reader of readers) {
        for await (const part of reader.parts()) {
          yield part.map((row) => moved(row, reader.folder));
        }
      }
    },
  };
}

const ofText = ['delimiter', 'quote', 'escape', 'encoding'] as const;

/** @throws ConfigError for options that mean nothing to the form */
function refuseOptions(
  format: DatasetFormat | 'records',
  options: OpenDatasetOptions,
  where: string,
): void {
  const isText = ['jsonl', 'csv', 'tsv', 'flickr30k'].includes(format);
  const names = [
    ...(isText ? [] : ofText),
    ...(format === 'class-folders' ? (['columns', 'images'] as const) : []),
    ...(format === 'webdataset' ? (['images'] as const) : []),
  ];
  const name = names.find((each) => options[each] !== undefined);
  if (name === undefined) return;
  throw new ConfigError(`the form ${format} has no ${name}`, {
    where,
    expected: `no option "${name}"`,
    got: options[name],
  });
}

/** What holds for all rows together, where the reader of the form does not see to it itself. */
async function* checkedParts(
  reader: FormReader,
  { columns = {}, signal }: OpenDatasetOptions,
  seen: ReadonlySet<string>,
): AsyncGenerator<readonly Row[]> {
  let empty = true;
  for await (const part of reader.parts()) {
    signal?.throwIfAborted();
    empty = false;
    yield part;
  }
  if (empty) {
    throw new DataError('the dataset holds no record', {
      where: reader.name,
      expected: 'at least one image with a caption',
      advice: 'Look whether it is the file or folder that was meant.',
    });
  }
  const missing = namedColumns(columns).find((name) => seen.size > 0 && !seen.has(name));
  if (missing === undefined) return;
  throw new DataError(`no record has the field "${missing}"`, {
    where: reader.name,
    expected: `a field "${missing}", as the columns name it`,
    got: `the fields ${[...seen].join(', ')}`,
    advice: 'Correct the name, or leave it out of the columns.',
  });
}
