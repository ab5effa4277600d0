import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { readCsv, readTsv } from './delimited';
import { readJsonl } from './jsonl';
import type { Columns, RecordReader, Row } from './record';

export type RecordFormat = 'jsonl' | 'csv' | 'tsv';

const readers: Record<RecordFormat, RecordReader> = {
  jsonl: readJsonl,
  csv: readCsv,
  tsv: readTsv,
};

const formatOfExtension: Readonly<Record<string, RecordFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
};

export interface ReadRowsOptions {
  /** Default: by the file's extension. */
  readonly format?: RecordFormat;
  readonly columns?: Columns;
}

/**
 * The rows of a captions file (UTF-8, with or without a byte order mark) in its order.
 * Damaged rows are among them, each with its error: what to do about them is the caller's policy.
 *
 * @throws DataError when the file is missing or holds no row at all
 * @throws ConfigError when the format is neither given nor known from the extension
 */
export async function readRows(file: string, options: ReadRowsOptions = {}): Promise<Row[]> {
  const format = options.format ?? formatOfExtension[extname(file).toLowerCase()];
  if (format === undefined || !Object.hasOwn(readers, format)) {
    throw new ConfigError('the format of the captions file is unknown', {
      where: file,
      expected: `one of ${Object.keys(formatOfExtension).join(', ')}, or format: ${Object.keys(readers).join(' | ')}`,
      got: options.format ?? extname(file),
    });
  }
  const text = (await readText(file)).replace(/^\uFEFF/, '');
  const rows = readers[format](text, { file, columns: options.columns ?? {} });
  if (rows.length === 0) {
    throw new DataError('the captions file holds no captions', {
      where: file,
      expected: 'at least one record',
      got: text.trim() === '' ? 'an empty file' : 'a header without rows',
      advice: 'Write one record a line, or make sample data first.',
    });
  }
  return rows;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new DataError(
      code === 'ENOENT' ? 'the captions file is missing' : 'the captions file cannot be read',
      {
        where: file,
        expected: 'a JSONL, CSV or TSV file',
        got: code,
        advice:
          'Check the path; a data folder holds its captions in a file such as captions.jsonl.',
        cause,
      },
    );
  }
}
