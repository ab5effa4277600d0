import { DataError, type HardNegative } from '@crossweave/core';
import { captionColumns, type Layout } from './columns';
import type { EmbeddedPicture } from './record';
import { excerpt } from './excerpt';
import { fillTemplate } from './template';

/** A row's fields by name; `source` is the row as written, where its values have lost their form. */
export interface RowFields {
  readonly values: ReadonlyMap<string, unknown>;
  readonly source?: string;
  /** The image, where the row holds it; the image's field is its name then. */
  readonly picture?: EmbeddedPicture;
}

/** Whether a field holds nothing. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && !isVisible(value));
}

/** @throws DataError unless the value is the path of a file */
export function imageOf(value: unknown, where: string): string {
  const details = { where, expected: 'the path of an image file' };
  if (typeof value !== 'string' || value.trim() === '') {
    throw new DataError('there is no image', { ...details, got: kindOf(value) });
  }
  if (/^(data:|[a-z][a-z\d+.-]+:\/\/)/i.test(value)) {
    throw new DataError('the image is a URL', {
      ...details,
      got: excerpt(value),
      advice: 'Pictures are read from disk: write each to a file, and its path here.',
    });
  }
  return soundText(value, 'the path of the image', where);
}

/** @throws DataError unless one field holds captions, none of them empty */
export function captionsOf(
  { values }: RowFields,
  { columns, template, captionLists }: Layout & { readonly captionLists?: boolean | undefined },
  where: string,
): string[] {
  if (template !== undefined) {
    return [soundText(fillTemplate(template, values, where), 'a caption', where)];
  }
  const names = captionColumns(columns).filter((name) => (values.get(name) ?? null) !== null);
  if (names.length > 1) {
    throw new DataError('there are captions in two fields', {
      where,
      expected: 'one field of captions',
      got: names.map((name) => `"${name}"`).join(' and '),
      advice: `Say which holds the captions: columns: { caption: '${names[1] ?? ''}' }.`,
      suggestion: { columns: { ...columns, caption: names[1] } },
    });
  }
  const given = values.get(names[0] ?? '');
  const value = captionLists === true ? listOf(given) : given;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const captions = list.map((caption) => (typeof caption === 'string' ? caption.trim() : ''));
  const written = captions.find((caption) => writtenList.test(caption));
  if (written !== undefined) throw listAsText(written, where);
  if (captions.length === 0 || !captions.every(isVisible)) {
    const at = captions.findIndex((caption) => !isVisible(caption));
    const what = kindOf(Array.isArray(value) && at >= 0 ? list[at] : value);
    throw new DataError('a caption is empty or not text', {
      where,
      expected: 'a string, or a list of at least one string',
      got: list.length > 1 ? `${what} as caption ${at + 1} of ${list.length}` : what,
      advice: 'Give the image a caption or remove the line.',
    });
  }
  return captions.map((caption) => soundText(caption, 'a caption', where));
}

/** A list of texts that a program wrote as one text: `['a', 'b']`, `["a", "b"]`. */
const writtenList = /^\[\s*['"].*['"]\s*,?\s*\]$/s;

function listAsText(caption: string, where: string): DataError {
  return new DataError('a caption is a list that was written as one text', {
    where,
    expected: 'one caption, or in JSON lines a list of them',
    got: excerpt(caption),
    advice: 'Write one caption a row: rows of the same image become one sample.',
  });
}

/** A cell that holds a JSON list, as the list. */
function listOf(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return undefined;
  }
}

/** Something besides spaces, control characters and marks of formatting. */
function isVisible(text: string): boolean {
  return /[^\s\p{Cc}\p{Cf}]/u.test(text);
}

/** Zero bytes and halves of surrogate pairs are no text: they come from another encoding or a damaged file. */
function soundText(text: string, what: string, where: string): string {
  const unsound = unsoundness(text);
  if (unsound === undefined) return text;
  throw new DataError(`${what} holds ${unsound}`, {
    where,
    expected: 'text',
    got: excerpt(text),
    advice: 'Correct or remove the line.',
  });
}

/** What shows that a text is none. */
export function unsoundness(text: string): string | undefined {
  if (text.includes('\0')) return 'a zero byte';
  // Of pairs, the flag u sees the character.
  return /\p{Surrogate}/u.test(text) ? 'half of a character' : undefined;
}

/**
 * An id or a split: text, or a whole number that JSON can hold, as written.
 *
 * @throws DataError for other values
 */
export function textOf(
  { values, source }: RowFields,
  name: string,
  where: string,
): string | undefined {
  const value = values.get(name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') {
    const text = value.trim();
    return text === '' ? undefined : soundText(text, `"${name}"`, where);
  }
  if (typeof value !== 'number') {
    throw new DataError(`"${name}" is not text`, {
      where,
      expected: 'a string',
      got: kindOf(value),
    });
  }
  const form = writtenForms(name, source);
  if (Number.isSafeInteger(value) && (form.length === 0 || form.includes(String(value)))) {
    return String(value);
  }
  throw new DataError(`"${name}" is a number that cannot be told from others`, {
    where,
    expected: 'text, or a whole number below 2^53 in its plain form',
    got: form[0] ?? String(value),
    advice: `Write it as text: {"${name}": "…"}. Of numbers, 1.0 is 1, and large ones are rounded.`,
  });
}

/** How the numbers of this name are written in the line: JSON reads 1.0 and 1e0 as 1. */
function writtenForms(name: string, source: string | undefined): string[] {
  const key = JSON.stringify(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const numbers = new RegExp(`${key}\\s*:\\s*(-?\\d[\\d.eE+-]*)`, 'g');
  return source === undefined ? [] : Array.from(source.matchAll(numbers), ([, form]) => form ?? '');
}

/** @throws DataError unless the value is a list of negatives for every caption */
export function negativesOf(
  value: unknown,
  captionCount: number,
  where: string,
): HardNegative[][] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length === captionCount && value.every(isNegativeList)) {
    return value.map((list) =>
      list.map(({ caption, kind }) => ({ caption: caption.trim(), kind })),
    );
  }
  throw new DataError('"negatives" does not fit', {
    where,
    expected: `one list of { "caption", "kind" } for each of the ${captionCount} captions`,
    got: kindOf(value),
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
        isVisible(entry.caption) &&
        unsoundness(entry.caption) === undefined &&
        'kind' in entry &&
        typeof entry.kind === 'string',
    )
  );
}

/** What a value is, in words: a message must not hold all of it. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return value === '' ? 'empty text' : excerpt(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'an object';
}
