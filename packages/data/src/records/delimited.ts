import { extname } from 'node:path';
import { DataError } from '@crossweave/core';
import { imageColumn, missingColumns, namedColumns, readColumns } from './columns';
import { countError, delimiterError, quoteError, spanningDoubt } from './delimited-errors';
import {
  readRecords,
  type DelimitedRecord,
  type Dialect,
  type Position,
  type ReadRecordsOptions,
} from './delimited-records';
import type { RowReader } from './row-reader';
import { toRow, type ReadContext, type Row } from './record';

/** Records read at a time; between, the reader's caller may stop or yield. */
const recordsAtATime = 1000;

/** Characters that stand between fields in some files. */
const delimiters = [',', ';', '\t', '|'];

/** Bytes that a quoted field may have. */
const longestField = 4 * 2 ** 20;

/**
 * Rows of delimited text (RFC 4180) whose first line names the columns; one caption a row, rows of
 * the same image are joined later. A damaged row costs itself alone, see {@link readRecords}. A
 * quote that does not close within 4 MiB counts as one that never does.
 */
export class DelimitedReader implements RowReader {
  readonly #dialect: Dialect;
  readonly #context: ReadContext;
  #header: { names: readonly string[]; isRecord: ReadRecordsOptions['isRecord'] } | undefined;
  /** What goes on in the next block. */
  #rest: Buffer = Buffer.alloc(0);
  /** It is read again once it has so many bytes. */
  #needed = 0;
  /** 1-based line with which it begins. */
  #line = 1;

  constructor(dialect: Dialect, context: ReadContext) {
    this.#dialect = dialect;
    this.#context = context;
  }

  /** @throws DataError when the first line does not name the columns, or names one of them twice */
  read(block: Buffer): Row[] {
    return this.#read(block, true);
  }

  end(): Row[] {
    return this.#read(Buffer.alloc(0), false);
  }

  #read(block: Buffer, goesOn: boolean): Row[] {
    const source = this.#rest.length === 0 ? block : Buffer.concat([this.#rest, block]);
    this.#rest = source;
    if (goesOn && source.length < this.#needed) return [];
    const rows: Row[] = [];
    for (let at: Position = { offset: 0, line: this.#line }; ;) {
      const part = readRecords(source, at, {
        ...this.#dialect,
        most: this.#header === undefined ? 1 : recordsAtATime,
        openBytes: goesOn ? longestField : 0,
        isRecord: this.#header?.isRecord,
      });
      rows.push(...part.records.flatMap((record) => this.#row(record) ?? []));
      at = part.next;
      if (part.open !== true && at.offset < source.length) continue;
      // Waiting for twice as much each time keeps the work in proportion to the text.
      this.#needed = part.open === true ? 2 * (source.length - at.offset) : 0;
      this.#rest = Buffer.from(source.subarray(at.offset));
      this.#line = at.line;
      return rows;
    }
  }

  /** @returns undefined for the header */
  #row(record: DelimitedRecord): Row | undefined {
    if (this.#header !== undefined) {
      return readRow(record, this.#header.names, this.#dialect, this.#context);
    }
    const names = headerNames(record, this.#dialect, this.#context);
    const image = names.indexOf(imageColumn(this.#context.columns));
    const isRecord = (cells: readonly string[], fields: readonly string[]): boolean =>
      cells.length === names.length && isLikePath(cells[image] ?? '', fields[image] ?? '');
    this.#header = { names, isRecord };
    return undefined;
  }
}

function readRow(
  record: DelimitedRecord,
  names: readonly string[],
  dialect: Dialect,
  context: ReadContext,
): Row {
  const { line, lines, fields, damage, source } = record;
  const where = `${context.file}:${line}`;
  if (damage !== undefined) {
    return { line, lines, error: quoteError(damage, source, where, dialect) };
  }
  const surplus = fields.slice(names.length);
  if (fields.length < names.length || surplus.some((field) => field !== '')) {
    return { line, lines, error: countError(record, names.length, where, dialect) };
  }
  const named = names.flatMap((name, i) => (name === '' ? [] : [[name, fields[i]] as const]));
  const row = toRow({ values: new Map(named) }, { line, lines }, context);
  if ('error' in row || lines === 1) return row;
  const doubt = spanningDoubt(record, names.length, where, dialect);
  return doubt === undefined ? row : { ...row, doubt };
}

/** @throws DataError when the header is damaged, lacks columns or names one of them twice */
function headerNames(header: DelimitedRecord, dialect: Dialect, context: ReadContext): string[] {
  const { file, columns } = context;
  const where = `${file}:${header.line}`;
  if (header.damage !== undefined) throw quoteError(header.damage, header.source, where, dialect);
  const names = header.fields.map((name) => name.trim());
  const used = readColumns(context);
  const repeated = names.find((name, i) => used.includes(name) && names.indexOf(name) < i);
  if (repeated !== undefined) {
    throw new DataError(`two columns are called "${repeated}"`, {
      where,
      expected: 'a name of its own for every column that is read',
      got: names.join(', '),
      advice: 'Rename one of them.',
    });
  }
  const other = otherDelimiter(header.source, names, dialect);
  const named = names.filter((name) => name !== '');
  const absent = missingColumns(named, context, where, 'column');
  if (absent !== undefined && other !== undefined)
    throw delimiterError(other, dialect, where, names);
  if (absent !== undefined) throw absent;
  for (const name of namedColumns(columns)) {
    if (names.includes(name)) continue;
    throw new DataError(`there is no column "${name}"`, {
      where,
      expected: `a column "${name}", as the option columns names it`,
      got: `the columns ${named.join(', ')}`,
      advice: 'Correct the name, or leave it out of columns.',
    });
  }
  return names;
}

/** A delimiter by which the first line has more names than by the one in use. */
function otherDelimiter(
  header: string,
  names: readonly string[],
  { delimiter }: Dialect,
): string | undefined {
  const counts = delimiters
    .filter((other) => other !== delimiter)
    .map((other) => ({ other, count: header.split(other).length }));
  const best = counts.reduce((a, b) => (b.count > a.count ? b : a));
  return best.count > names.length ? best.other : undefined;
}

/** Whether a cell could be the path of an image: it ends as another path does, or as a path may. */
function isLikePath(cell: string, path: string): boolean {
  const [own, other] = [cell.trim(), path.trim()].map((name) => extname(name).toLowerCase());
  if (other !== undefined && other !== '') return own === other;
  return cell.trim() !== '' && !/\s/.test(cell.trim());
}
