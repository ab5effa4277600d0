import { DataError } from '@crossweave/core';
import type { DelimitedRecord, Dialect, QuoteDamage } from './delimited-records';
import { excerpt } from './excerpt';

/** The header has more names by another delimiter. */
export function delimiterError(
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

/** The quotes of a record do not fit. */
export function quoteError(
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

/** A record has too few or too many fields. */
export function countError(
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
export function spanningDoubt(
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
