import { extname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ConfigError, DataError } from '@crossweave/core';
import { checkOptions, requireText } from '@crossweave/core/authoring';
import { decodedBlocks } from './decode-text';
import { DelimitedReader } from './delimited';
import { JsonlReader } from './jsonl';
import { readChecks, type ReadRowsOptions, type RecordFormat } from './read-options';
import type { ReadContext, Row } from './record';
import type { RowReader } from './row-reader';
import { parseTemplate } from './template';
import { fileSource } from './text-source';

const formatOfExtension: Readonly<Record<string, RecordFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
};

/**
 * The rows of a captions file in its order. Damaged rows are among them, each with its error: what
 * to do about them is the caller's policy. Every line that is not blank is in exactly one row.
 *
 * @throws DataError when the file is missing, no regular file, or holds no row at all; when its
 *   columns are not there, or its bytes are in another encoding
 * @throws ConfigError for a wrong option, or when the format is neither given nor known from the
 *   extension
 */
export async function readRows(file: string, options: ReadRowsOptions = {}): Promise<Row[]> {
  requireText('readRows', 'file', file);
  checkOptions('readRows', options, readChecks);
  const rows: Row[] = [];
  for await (const part of readParts(file, options)) rows.push(...part);
  return rows;
}

/** The same in parts, between which timers and signals are heard. Options are checked before. */
export async function* readParts(
  file: string,
  options: ReadRowsOptions & Pick<ReadContext, 'captionLists' | 'seen'>,
): AsyncGenerator<readonly Row[]> {
  const { signal } = options;
  const format = formatOf(file, options);
  const reader = readerOf(
    format,
    {
      ...contextOf(file, options),
      captionLists: options.captionLists,
      ...(options.seen && { seen: options.seen }),
    },
    options,
  );
  const source = await fileSource(file, signal);
  let blank = true;
  let empty = true;
  for await (const block of decodedBlocks(source, options.encoding)) {
    blank &&= block.toString('utf8', 0, 4096).trim() === '';
    const rows = reader.read(block);
    empty &&= rows.length === 0;
    if (rows.length > 0) yield rows;
    await setImmediate();
    signal?.throwIfAborted();
  }
  const rows = reader.end();
  if (rows.length > 0) yield rows;
  if (!empty || rows.length > 0) return;
  throw new DataError('the captions file holds no captions', {
    where: file,
    expected: 'at least one record',
    got: blank ? 'an empty file' : 'a header without rows',
    advice: 'Write one record a line, or make sample data first.',
  });
}

/** What a reader needs besides the rows. @throws ConfigError when the captions are named twice */
export function contextOf(
  file: string,
  {
    columns = {},
    text,
    labels,
    split,
    incomplete,
  }: Pick<ReadRowsOptions, 'columns' | 'text' | 'labels' | 'split' | 'incomplete'>,
): ReadContext {
  if (text !== undefined && columns.caption !== undefined) {
    throw new ConfigError('the captions are named twice', {
      where: file,
      expected: 'the option text or columns.caption',
      got: 'both',
      advice: 'Leave one of them out.',
    });
  }
  return {
    file,
    columns,
    labels,
    split,
    template: text === undefined ? undefined : parseTemplate(text),
    incomplete: incomplete === 'allow',
  };
}

function formatOf(file: string, options: ReadRowsOptions): RecordFormat {
  const format = options.format ?? formatOfExtension[extname(file).toLowerCase()];
  if (format === undefined) {
    throw new ConfigError('the format of the captions file is unknown', {
      where: file,
      expected: `one of ${Object.keys(formatOfExtension).join(', ')}, or format: 'jsonl' | 'csv' | 'tsv'`,
      got: extname(file),
    });
  }
  const ofDelimited = (['delimiter', 'quote', 'escape'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (format === 'jsonl' && ofDelimited !== undefined) {
    throw new ConfigError(`JSON lines have no ${ofDelimited}`, {
      where: file,
      expected: `no option "${ofDelimited}", or format: 'csv' | 'tsv'`,
      got: options[ofDelimited],
    });
  }
  return format;
}

function readerOf(
  format: RecordFormat,
  context: ReadContext,
  { delimiter, quote = '"', escape }: ReadRowsOptions,
): RowReader {
  if (format === 'jsonl') return new JsonlReader(context);
  const dialect = {
    delimiter: delimiter ?? (format === 'csv' ? ',' : '\t'),
    quote,
    escape: escape ?? (quote === false ? '"' : quote),
  };
  if (dialect.delimiter === dialect.quote || dialect.delimiter === dialect.escape) {
    throw new ConfigError('delimiter, quote and escape must be told apart', {
      where: context.file,
      got: dialect,
    });
  }
  return new DelimitedReader(dialect, context);
}
