import { DataError, type HardNegative } from '@crossweave/core';
import { imageColumn, missingColumns, type Columns } from './columns';
import { captionsOf, imageOf, negativesOf, textOf, type RowFields } from './values';

/** The split of records that name none. */
export const defaultSplit = 'train';

/** One row of a captions file, checked; nothing is known yet of its image file. */
export interface CaptionRecord {
  readonly id: string;
  /** As written in the file. */
  readonly image: string;
  readonly split: string;
  /** At least one; none is empty. */
  readonly captions: readonly string[];
  /** negatives[i] belong to captions[i]. */
  readonly negatives?: readonly (readonly HardNegative[])[];
  /** 1-based line of the captions file on which the record starts. */
  readonly line: number;
}

/** Where a row stands. Rows do not overlap, and every line that is not blank is in one. */
export interface Place {
  /** 1-based line of the captions file on which the row starts. */
  readonly line: number;
  /** How many lines it takes. */
  readonly lines: number;
}

/** A row that could be read, or why it could not. */
export type Row =
  | (Place & {
      readonly record: CaptionRecord;
      /** Why the row may not be what was meant, though it could be read. */
      readonly doubt?: DataError;
    })
  | (Place & { readonly error: DataError });

/** What a reader needs besides the text. */
export interface ReadContext {
  /** Path of the captions file, for messages. */
  readonly file: string;
  readonly columns: Columns;
}

/** Checks one row's fields, whatever format they came from. */
export function toRow(row: RowFields, place: Place, { file, columns }: ReadContext): Row {
  const { line, lines } = place;
  const where = `${file}:${line}`;
  try {
    const absent = missingColumns([...row.values.keys()], columns, where, 'field');
    if (absent !== undefined) throw absent;
    const image = imageOf(row.values.get(imageColumn(columns)), where);
    const captions = captionsOf(row, columns, where);
    const negatives = negativesOf(row.values.get('negatives'), captions.length, where);
    return {
      line,
      lines,
      record: {
        id: textOf(row, columns.id ?? 'id', where) ?? image,
        image,
        split: textOf(row, columns.split ?? 'split', where) ?? defaultSplit,
        captions,
        ...(negatives && { negatives }),
        line,
      },
    };
  } catch (error) {
    if (error instanceof DataError) return { line, lines, error };
    throw error;
  }
}
