import { DataError, type HardNegative, type Label } from '@crossweave/core';
import { captionColumns, imageColumn, missingColumns, type Layout } from './columns';
import { labelsOf, type LabelKind } from './labels';
import { captionsOf, imageOf, isEmpty, negativesOf, textOf, type RowFields } from './values';

/** The split of records that name none. */
export const defaultSplit = 'train';

/** One row of a captions file, checked; nothing is known yet of its image file. */
export interface CaptionRecord {
  readonly id: string;
  /** As written in the file; '' where it is missing. */
  readonly image: string;
  readonly split: string;
  /**
   * Set if the row names no split and the name of its file or folder names none. `split` is {@link
   * defaultSplit} then.
   */
  readonly namesNoSplit?: true;
  /** At least one; none is empty, but the only one ('') where the text is missing. */
  readonly captions: readonly string[];
  /** negatives[i] belong to captions[i]. */
  readonly negatives?: readonly (readonly HardNegative[])[];
  /** labels[i] belongs to captions[i]; absent when the row has none. */
  readonly labels?: readonly (Label | undefined)[];
  /** What must not be torn apart between splits. */
  readonly group?: string;
  /** The side that the row lacks. */
  readonly missing?: 'image' | 'text';
  /** 1-based line of the captions file on which the record starts, or the record's number. */
  readonly line: number;
  /** The image itself, where it is not a file of its own; `image` is its name then. */
  readonly picture?: EmbeddedPicture;
}

/** An image file within a larger file, or in memory. */
export interface EmbeddedPicture {
  /** Its length. */
  readonly bytes: number;
  /** The image file's bytes. */
  read(): Promise<Uint8Array>;
}

/** Where a row stands. Rows do not overlap, and every line that is not blank is in one. */
export interface Place {
  /** 1-based line of the captions file on which the row starts. */
  readonly line: number;
  /** How many lines it takes. */
  readonly lines: number;
  /** What names the row where it is no line: `shard-0.tar (0001)`. Default: file and line. */
  readonly where?: string;
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
export interface ReadContext extends Layout {
  /** Path of the captions file, for messages. */
  readonly file: string;
  readonly labels?: LabelKind | undefined;
  /** Split of rows that name none. Default `train`. */
  readonly split?: string | undefined;
  /** Collects the names of the fields that rows have. */
  readonly seen?: Set<string>;
  /** Captions that are a JSON list in one cell. */
  readonly captionLists?: boolean | undefined;
}

/** Checks one row's fields, whatever format they came from. */
export function toRow(row: RowFields, place: Place, context: ReadContext): Row {
  const { file, columns } = context;
  const { line } = place;
  if (context.seen !== undefined) for (const name of row.values.keys()) context.seen.add(name);
  const where = place.where ?? `${file}:${line}`;
  try {
    const absent = missingColumns([...row.values.keys()], context, where, 'field');
    if (absent !== undefined) throw absent;
    const missing = context.incomplete === true ? missingSide(row, context, where) : undefined;
    const image = missing === 'image' ? '' : imageOf(row.values.get(imageColumn(columns)), where);
    const captions = missing === 'text' ? [''] : captionsOf(row, context, where);
    const negatives = negativesOf(row.values.get('negatives'), captions.length, where);
    const labels = labelsOf(
      row,
      { column: columns.label, kind: context.labels },
      captions.length,
      where,
    );
    const group = textOf(row, columns.group ?? 'group', where);
    const split = textOf(row, columns.split ?? 'split', where) ?? context.split;
    return {
      ...place,
      record: {
        id: textOf(row, columns.id ?? 'id', where) ?? (missing === 'image' ? where : image),
        image,
        split: split ?? defaultSplit,
        ...(split === undefined && { namesNoSplit: true as const }),
        captions,
        ...(negatives && { negatives }),
        ...(labels && { labels }),
        ...(group !== undefined && { group }),
        ...(missing !== undefined && { missing }),
        line,
        ...(row.picture && { picture: row.picture }),
      },
    };
  } catch (error) {
    if (error instanceof DataError) return { ...place, error };
    throw error;
  }
}

/** The side that a row lacks, if it has the other. @throws DataError where it has neither. */
function missingSide(
  { values, picture }: RowFields,
  { columns, template }: ReadContext,
  where: string,
): 'image' | 'text' | undefined {
  const noImage = picture === undefined && isEmpty(values.get(imageColumn(columns)));
  const noText =
    template === undefined && captionColumns(columns).every((name) => isEmpty(values.get(name)));
  if (!noImage) return noText ? 'text' : undefined;
  if (!noText) return 'image';
  throw new DataError('the row has neither an image nor a caption', {
    where,
    expected: 'the path of an image file, a caption, or both',
    advice: 'Remove the row.',
  });
}
