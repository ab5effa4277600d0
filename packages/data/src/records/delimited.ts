import { DataError } from '@crossweave/core';
import { CsvError, parse } from 'csv-parse/sync';
import { toRow, type ReadContext, type RecordReader, type Row } from './record';

/** Comma-separated values (RFC 4180) whose first line names the columns. */
export const readCsv: RecordReader = (text, context) => readDelimited(text, ',', context);

/** Tab-separated values whose first line names the columns. */
export const readTsv: RecordReader = (text, context) => readDelimited(text, '\t', context);

interface ParsedRow {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/** One caption a row; rows of the same image are joined later. */
function readDelimited(text: string, delimiter: string, context: ReadContext): Row[] {
  const damaged: Row[] = [];
  const good: Row[] = [];
  let parsed: ParsedRow[];
  try {
    parsed = parse(text, {
      columns: true,
      delimiter,
      info: true,
      // An inch mark within an unquoted caption is text, not the start of a quote.
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      trim: delimiter === ',',
      on_skip: (error) => {
        if (error !== undefined) damaged.push(damagedRow(error, context.file));
        return undefined;
      },
    }) as unknown as ParsedRow[];
  } catch (error) {
    // What cannot be skipped, such as a header with an open quote, damages the whole file.
    if (error instanceof CsvError) return [damagedRow(error, context.file)];
    throw error;
  }
  for (const { record, info } of parsed) {
    const breaks = Object.values(record).join('').split('\n').length - 1;
    good.push(toRow(record, info.lines - breaks, context));
  }
  return [...good, ...damaged].sort((a, b) => a.line - b.line);
}

function damagedRow(cause: CsvError, file: string): Row {
  const line = typeof cause['lines'] === 'number' ? cause['lines'] : 1;
  const error = new DataError(`line ${line} does not fit the header or its quotes do not close`, {
    where: `${file}:${line}`,
    expected: 'as many fields as the first line names, quotes doubled inside quoted fields',
    got: cause.message,
    advice: 'Correct or remove the line.',
    cause,
  });
  return { line, error };
}
