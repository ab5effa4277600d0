import { DataError } from '@crossweave/core';
import type { Check } from '@crossweave/core/authoring';
import { excerpt } from './excerpt';

/** A text made of columns, such as `{title}. {description}`, or the same text for every row. */
export interface TextTemplate {
  /** As written. */
  readonly source: string;
  /** The columns it names, each once, in their order. */
  readonly columns: readonly string[];
  /** Texts as they are, and the columns between them. */
  readonly parts: readonly (string | { readonly column: string })[];
}

/** Two braces are one that is text. */
const token = /\{\{|\}\}|\{([^{}]+)\}|[{}]/g;

/** @returns undefined for an empty template, or a brace that is neither a column's nor doubled */
export function parseTemplate(source: string): TextTemplate | undefined {
  const parts: (string | { column: string })[] = [];
  let from = 0;
  for (const { 0: found, 1: column, index } of source.matchAll(token)) {
    parts.push(source.slice(from, index));
    from = index + found.length;
    if (column !== undefined) parts.push({ column: column.trim() });
    else if (found.length === 2) parts.push(found.charAt(0));
    else return undefined;
  }
  parts.push(source.slice(from));
  const columns = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.column]));
  if (source.trim() === '' || columns.includes('')) return undefined;
  return { source, columns: [...new Set(columns)], parts: parts.filter((part) => part !== '') };
}

export const templateCheck: Check = {
  expected:
    'text with columns in braces, such as "{title}. {description}", or one text for all rows',
  accepts: (value) => typeof value === 'string' && parseTemplate(value) !== undefined,
};

/**
 * The text of one row.
 *
 * @throws DataError when a column that the template names is empty or holds more than one value
 */
export function fillTemplate(
  { parts, source }: TextTemplate,
  values: ReadonlyMap<string, unknown>,
  where: string,
): string {
  const texts = parts.map((part) => {
    if (typeof part === 'string') return part;
    const value = values.get(part.column);
    const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
    if (typeof text === 'string' && text.trim() !== '') return text.trim();
    throw new DataError(`the text needs "${part.column}", which the row does not have`, {
      where,
      expected: `a text or a number for each column of ${excerpt(source)}`,
      got: Array.isArray(value) ? `a list of ${value.length}` : 'nothing that is text',
      advice: 'Give the row this field, or leave the field out of the template.',
    });
  });
  return texts.join('');
}
