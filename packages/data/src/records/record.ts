import { DataError, nearestName, type HardNegative } from '@crossweave/core';

/** Which fields or columns of a captions file hold what. */
export interface Columns {
  /** Path of the image, relative to the folder of the captions file (or absolute). Default `image`. */
  readonly image?: string;
  /** One caption, or (JSONL) a list of them. Default: `caption`, else `captions`. */
  readonly caption?: string;
  /** Default `id`; without it the image's path is the id. */
  readonly id?: string;
  /** Default `split`; without it every record belongs to {@link defaultSplit}. */
  readonly split?: string;
}

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

/** A row that could be read, or why it could not. */
export type Row =
  | { readonly line: number; readonly record: CaptionRecord }
  | { readonly line: number; readonly error: DataError };

/** What a reader needs besides the text. */
export interface ReadContext {
  /** Path of the captions file, for messages. */
  readonly file: string;
  readonly columns: Columns;
}

/** One file format: text in, rows out, in the order of the file. */
export type RecordReader = (text: string, context: ReadContext) => Row[];

/** Checks one row's fields, whatever format they came from. */
export function toRow(
  fields: Readonly<Record<string, unknown>>,
  line: number,
  { file, columns }: ReadContext,
): Row {
  const where = `${file}:${line}`;
  try {
    const image = fields[columns.image ?? 'image'];
    if (typeof image !== 'string' || image.trim() === '') {
      throw missing('image', columns.image ?? 'image', fields, where);
    }
    const captions = captionsOf(fields, columns, where);
    const negatives = negativesOf(fields['negatives'], captions.length, where);
    return {
      line,
      record: {
        id: text(fields, columns.id ?? 'id', where) ?? image,
        image,
        split: text(fields, columns.split ?? 'split', where) ?? defaultSplit,
        captions,
        ...(negatives === undefined ? {} : { negatives }),
        line,
      },
    };
  } catch (error) {
    if (error instanceof DataError) return { line, error };
    throw error;
  }
}

function captionsOf(
  fields: Readonly<Record<string, unknown>>,
  columns: Columns,
  where: string,
): string[] {
  const value =
    columns.caption === undefined
      ? (fields['caption'] ?? fields['captions'])
      : fields[columns.caption];
  if (value === undefined || value === null) {
    throw missing('caption', columns.caption ?? 'caption', fields, where);
  }
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const captions = list.map((caption) => (typeof caption === 'string' ? caption.trim() : ''));
  if (captions.length === 0 || captions.includes('')) {
    throw new DataError('a caption is empty or not text', {
      where,
      expected: 'a string, or a list of at least one string',
      got: value,
      advice: 'Give the image a caption or remove the line.',
    });
  }
  return captions;
}

/** An id or a split: text, or a number written as text. */
function text(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  where: string,
): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new DataError(`"${name}" is not text`, { where, expected: 'a string', got: value });
}

function negativesOf(
  value: unknown,
  captionCount: number,
  where: string,
): HardNegative[][] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length === captionCount && value.every(isNegativeList)) {
    return value;
  }
  throw new DataError('"negatives" does not fit', {
    where,
    expected: `one list of { "caption", "kind" } for each of the ${captionCount} captions`,
    got: value,
  });
}

function isNegativeList(value: unknown): value is HardNegative[] {
  return (
    Array.isArray(value) &&
    value.every(
      (entry: unknown) =>
        typeof entry === 'object' &&
        entry !== null &&
        'caption' in entry &&
        typeof entry.caption === 'string' &&
        'kind' in entry &&
        typeof entry.kind === 'string',
    )
  );
}

function missing(
  what: 'image' | 'caption',
  name: string,
  fields: Readonly<Record<string, unknown>>,
  where: string,
): DataError {
  const names = Object.keys(fields);
  const near = nearestName(name, names);
  return new DataError(`there is no ${what}`, {
    where,
    expected: `a field "${name}"`,
    got: names.length === 0 ? 'no fields' : `the fields ${names.join(', ')}`,
    advice:
      near === undefined || near === name
        ? `Name the field that holds the ${what}: columns: { ${what}: '…' }.`
        : `Did you mean "${near}"? Then pass columns: { ${what}: '${near}' }.`,
  });
}
