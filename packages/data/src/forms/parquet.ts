import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DataError } from '@crossweave/core';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { imageColumn, readColumns } from '../records/columns';
import { toRow, type EmbeddedPicture, type ReadContext, type Row } from '../records/record';
import { classNames, withClassNames } from './class-names';
import { distinctNames } from './distinct-names';
import { inParts, splitOfName, type FormReader } from './reader';
import type { Spool } from './spool';

export interface ParquetOptions {
  readonly context: Omit<ReadContext, 'file'>;
  readonly spool: Spool;
  /** Folder of the images, where the files hold paths. */
  readonly images?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Parquet files, row group by row group. The image's column holds the bytes of an image file, a path,
 * or both as `{bytes, path}` (as Hugging Face's datasets write them); where such a dataset names its
 * classes, numbers become their names. The split is that of the file's name, `train-00000-of-00002`.
 */
export function parquetReader(
  files: readonly string[],
  { context, spool, images, signal }: ParquetOptions,
): FormReader {
  const first = files[0]!;
  const name = files.length === 1 ? first : `${basename(first)} and ${files.length - 1} more`;
  return {
    name,
    folder: images ?? dirname(resolve(first)),
    parts: () => inParts(allRows(files, context, spool, signal), 500),
  };
}

async function* allRows(
  files: readonly string[],
  context: Omit<ReadContext, 'file'>,
  spool: Spool,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  const state = { line: 0 };
  const names = distinctNames(files);
  for (const [at, path] of files.entries()) {
    const file = await open(path).catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
    try {
      yield* fileRows(file, { path, name: names[at]! }, { context, spool, signal }, state);
    } finally {
      await file.close();
    }
  }
}

async function* fileRows(
  file: FileHandle,
  { path, name }: { readonly path: string; readonly name: string },
  { context, spool, signal }: ParquetOptions,
  state: { line: number },
): AsyncGenerator<Row> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const split = splitOfName(basename(path)) ?? splitOfName(name) ?? context.split;
  const own: ReadContext = { ...context, file: path, split };
  const damaged = (cause: unknown): DataError => unreadable(path, cause);
  const buffer = await bufferOf(file);
  const metadata = await parquetMetadataAsync(buffer).catch((cause: unknown) => {
    throw damaged(cause);
  });
  const there = metadata.schema[0] === undefined ? [] : topColumns(metadata);
  const columns = there.filter((column) => readColumns(own).includes(column));
  const twice = columns.find((column, i) => columns.indexOf(column) < i);
  if (twice !== undefined) {
    throw new DataError(`two columns are called "${twice}"`, {
      where: path,
      expected: 'a name of its own for every column that is read',
      got: there.join(', '),
      advice: 'Rename one of them.',
    });
  }
  const classes = classNames(metadata);
  let from = 0;
  for (const group of metadata.row_groups) {
    signal?.throwIfAborted();
    const to = from + Number(group.num_rows);
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      columns,
      compressors,
      utf8: false,
      rowStart: from,
      rowEnd: to,
    }).catch((cause: unknown) => {
      buffer.abandon();
      throw damaged(cause);
    });
    if (rows.length !== to - from) throw damaged(new Error(`${rows.length} rows of ${to - from}`));
    for (const [i, fields] of rows.entries()) {
      const line = ++state.line;
      const where = `${name} (row ${from + i + 1})`;
      yield await rowOf(fields, { line, lines: 1, where }, own, spool, classes, there);
    }
    from = to;
    await setImmediate();
  }
}

async function rowOf(
  fields: Readonly<Record<string, unknown>>,
  place: { readonly line: number; readonly lines: number; readonly where: string },
  context: ReadContext,
  spool: Spool,
  classes: Readonly<Record<string, readonly string[]>>,
  there: readonly string[],
): Promise<Row> {
  const values = new Map<string, unknown>(there.map((column) => [column, undefined]));
  for (const [column, value] of Object.entries(fields)) {
    const named = withClassNames(plainValue(value), classes[column], column, place.where);
    if (named instanceof DataError) return { ...place, error: named };
    values.set(column, named);
  }
  const column = imageColumn(context.columns);
  const given = fields[column];
  const { bytes, path } =
    given instanceof Uint8Array ? { bytes: given, path: undefined } : structOf(given);
  let picture: EmbeddedPicture | undefined;
  if (bytes instanceof Uint8Array) {
    picture = await spool.add(bytes);
    values.set(column, place.where);
  } else if (path !== undefined) {
    values.set(column, plainValue(path));
  }
  return toRow({ values, ...(picture && { picture }) }, place, context);
}

function structOf(value: unknown): { readonly bytes?: unknown; readonly path?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

/** 64-bit whole numbers as numbers or text, texts of files that do not mark them as such. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (Array.isArray(value)) return value.map(plainValue);
  if (!(value instanceof Uint8Array)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    return undefined;
  }
}

/** Columns of the first level, in their order. */
function topColumns(metadata: FileMetaData): string[] {
  const [root, ...elements] = metadata.schema;
  const names: string[] = [];
  let at = 0;
  const pass = (): void => {
    const element = elements[at++];
    for (let i = 0; i < (element?.num_children ?? 0); i++) pass();
  };
  for (let i = 0; i < (root?.num_children ?? 0); i++) {
    names.push(elements[at]?.name ?? '');
    pass();
  }
  return names;
}

/** A file for hyparquet, until it is abandoned. */
interface FileBuffer extends AsyncBuffer {
  /**
   * Leaves reads under way without an answer. Where hyparquet gives up while it plans a row group, it
   * forgets columns that it has begun to read: their errors would be unhandled rejections.
   */
  readonly abandon: () => void;
}

async function bufferOf(file: FileHandle): Promise<FileBuffer> {
  const { size } = await file.stat();
  let abandoned = false;
  return {
    abandon: () => {
      abandoned = true;
    },
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = new Uint8Array(Math.max(0, end - start));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      if (abandoned) await new Promise(() => undefined);
      return bytes.buffer.slice(0, bytesRead);
    },
  };
}

function unreadable(path: string, cause: unknown): DataError {
  return new DataError('the Parquet file cannot be read', {
    where: path,
    expected: 'a whole Parquet file',
    got: cause instanceof Error ? cause.message : String(cause),
    advice: 'Check its path, or get it anew.',
    cause,
  });
}
