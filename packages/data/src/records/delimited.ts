import { extname } from 'node:path';
import { DataError } from '@crossweave/core';
import { imageColumn, missingColumns, readColumns } from './columns';
import {
  readRecords,
  type DelimitedRecord,
  type Dialect,
  type Position,
  type QuoteDamage,
} from './delimited-records';
import { excerpt, toRow, type ReadContext, type Row } from './record';

/** Records read at a time; between, the reader's caller may stop or yield. */
const recordsAtATime = 1000;

/** Characters that stand between fields in some files. */
const delimiters = [',', ';', '\t', '|'];

/**
 * Rows of delimited text (RFC 4180) whose first line names the columns; one caption a row, rows of
 * the same image are joined later. A damaged row costs itself alone, see {@link readRecords}.
 *
 * @throws DataError when the first line does not name the columns, or names one of them twice
 */
export function* readDelimited(
  text: string,
  dialect: Dialect,
  context: ReadContext,
): Generator<Row> {
  const source = Buffer.from(text);
  const { records, next } = readRecords(source, start, { ...dialect, most: 1 });
  const [header] = records;
  if (header === undefined) return;
  const names = headerNames(header, dialect, context);
  const image = names.indexOf(imageColumn(context.columns));
  const isRecord = (cells: readonly string[], fields: readonly string[]): boolean =>
    cells.length === names.length && isLikePath(cells[image] ?? '', fields[image] ?? '');

  for (let at: Position = next; at.offset < source.length;) {
    const part = readRecords(source, at, { ...dialect, most: recordsAtATime, isRecord });
    at = part.next;
    for (const record of part.records) yield readRow(record, names, dialect, context);
  }
}

const start: Position = { offset: 0, line: 1 };

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
function headerNames(
  header: DelimitedRecord,
  dialect: Dialect,
  { file, columns }: ReadContext,
): string[] {
  const where = `${file}:${header.line}`;
  if (header.damage !== undefined) throw quoteError(header.damage, header.source, where, dialect);
  const names = header.fields.map((name) => name.trim());
  const used = readColumns(columns);
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
  const absent = missingColumns(named, columns, where, 'column');
  if (absent !== undefined && other !== undefined)
    throw delimiterError(other, dialect, where, names);
  if (absent !== undefined) throw absent;
  for (const name of [columns.id, columns.split]) {
    if (name === undefined || names.includes(name)) continue;
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

function delimiterError(
  other: string,
  { delimiter }: Dialect,
  where: string,
  names: readonly string[],
): DataError {
  return new DataError('the columns seem to be separated by another character', {
    where,
    expected: `names separated by ${JSON.stringify(delimiter)}`,
    got: `${names.length === 1 ? 'one name' : `${names.length} names`}: ${names.join(' | ')}`,
    advice: `Pass delimiter: ${JSON.stringify(other)}.`,
    suggestion: { delimiter: other },
  });
}

function quoteError(
  { kind, opens, closes }: QuoteDamage,
  source: string,
  where: string,
  { quote, escape }: Dialect,
): DataError {
  const backslash = source.includes(`\\${String(quote)}`) && escape !== '\\';
  const what = {
    unclosed: `the quote that opens on line ${opens} does not close`,
    'text-after-quote': `text follows a closing quote of the field that opens on line ${opens}`,
    swallowed: `the quote that opens on line ${opens} closes only on line ${closes ?? opens}, after lines that are rows of their own`,
  }[kind];
  return new DataError(what, {
    where,
    expected: `a quoted field that closes, in which a ${String(quote)} is written ${escape}${String(quote)}`,
    got: excerpt(source),
    advice: backslash
      ? "Quotes seem to be written \\\" here: pass escape: '\\\\'."
      : 'Correct the line; in a file without quoted fields, pass quote: false.',
    ...(backslash && { suggestion: { escape: '\\' } }),
  });
}

function countError(
  { line, fields, source }: DelimitedRecord,
  columns: number,
  where: string,
  { delimiter, quote, escape }: Dialect,
): DataError {
  const backslash = source.includes(`\\${String(quote)}`) && escape !== '\\';
  return new DataError(`line ${line} does not fit the header`, {
    where,
    expected: `${columns} fields, as the first line names`,
    got: `${fields.length}: ${excerpt(source)}`,
    advice: backslash
      ? "Quotes seem to be written \\\" here: pass escape: '\\\\'."
      : `Correct the line; a field that holds ${JSON.stringify(delimiter)} stands in quotes.`,
    ...(backslash && { suggestion: { escape: '\\' } }),
  });
}

/** A field over several lines that holds as many delimiters as a row: maybe two rows in one. */
function spanningDoubt(
  { line, lines, fields, source }: DelimitedRecord,
  columns: number,
  where: string,
  { delimiter }: Dialect,
): DataError | undefined {
  const doubtful = fields.some(
    (field) => /[\r\n]/.test(field) && field.split(delimiter).length >= columns,
  );
  if (!doubtful) return undefined;
  return new DataError(`a quoted field spans the lines ${line} to ${line + lines - 1}`, {
    where,
    got: `as many ${JSON.stringify(delimiter)} in it as in a row: ${excerpt(source)}`,
    advice: 'It was kept as one field. Look whether its quotes are where they should be.',
  });
}

/** Whether a cell could be the path of an image: it ends as another path does, or as a path may. */
function isLikePath(cell: string, path: string): boolean {
  const [own, other] = [cell.trim(), path.trim()].map((name) => extname(name).toLowerCase());
  if (other !== undefined && other !== '') return own === other;
  return cell.trim() !== '' && !/\s/.test(cell.trim());
}
