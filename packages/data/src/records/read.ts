import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ConfigError, DataError } from '@crossweave/core';
import { checkOptions, requireText } from '@crossweave/core/authoring';
import { decodeText } from './decode-text';
import { readDelimited } from './delimited';
import { readJsonl } from './jsonl';
import { readChecks, type ReadRowsOptions, type RecordFormat } from './read-options';
import type { ReadContext, Row } from './record';
import { parseTemplate } from './template';

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
  options: ReadRowsOptions,
): AsyncGenerator<readonly Row[]> {
  const format = formatOf(file, options);
  const context = contextOf(file, options);
  const text = decodeText(await readBytes(file, options.signal), file, options.encoding);
  let part: Row[] = [];
  let empty = true;
  for (const row of rowsOf(text, format, context, options)) {
    part.push(row);
    empty = false;
    if (part.length < 1000) continue;
    yield part;
    part = [];
    await setImmediate();
    options.signal?.throwIfAborted();
  }
  if (part.length > 0) yield part;
  if (!empty) return;
  throw new DataError('the captions file holds no captions', {
    where: file,
    expected: 'at least one record',
    got: text.trim() === '' ? 'an empty file' : 'a header without rows',
    advice: 'Write one record a line, or make sample data first.',
  });
}

function contextOf(file: string, { columns = {}, text, labels }: ReadRowsOptions): ReadContext {
  if (text !== undefined && columns.caption !== undefined) {
    throw new ConfigError('the captions are named twice', {
      where: file,
      expected: 'the option text or columns.caption',
      got: 'both',
      advice: 'Leave one of them out.',
    });
  }
  return { file, columns, labels, template: text === undefined ? undefined : parseTemplate(text) };
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

function rowsOf(
  text: string,
  format: RecordFormat,
  context: ReadContext,
  { delimiter, quote = '"', escape }: ReadRowsOptions,
): Generator<Row> {
  if (format === 'jsonl') return readJsonl(text, context);
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
  return readDelimited(text, dialect, context);
}

async function readBytes(file: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const failure = (what: string, got: string, cause?: unknown): DataError =>
    new DataError(what, {
      where: file,
      expected: 'a JSONL, CSV or TSV file',
      got,
      advice: 'Check the path; a data folder holds its captions in a file such as captions.jsonl.',
      cause,
    });
  try {
    const found = await stat(file);
    // A FIFO or a device would be read without an end.
    if (!found.isFile()) {
      throw failure(
        'the captions file is no file',
        found.isDirectory() ? 'a folder' : 'a pipe, a socket or a device',
      );
    }
    return await readFile(file, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof DataError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw failure(
      code === 'ENOENT' ? 'the captions file is missing' : 'the captions file cannot be read',
      code,
      cause,
    );
  }
}
