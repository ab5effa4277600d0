import { DataError, type Label } from '@crossweave/core';
import { unsoundness, type RowFields } from './values';
import { excerpt } from './excerpt';

/** How labels are understood; see the option `labels`. */
export type LabelKind = 'class' | 'classes' | 'number';

/** Between the classes of a label that is one text. */
const separator = '|';

/**
 * The labels of a row's captions: the field `label` stands beside each of them, the field `labels`
 * (unless `columns.label` names a field) holds one for each.
 *
 * @returns undefined when the row has none
 * @throws DataError when a label is of another kind, or `labels` are not as many as the captions
 */
export function labelsOf(
  { values }: RowFields,
  { column, kind }: { readonly column: string | undefined; readonly kind: LabelKind | undefined },
  captions: number,
  where: string,
): (Label | undefined)[] | undefined {
  const each = column === undefined ? values.get('labels') : undefined;
  const common = values.get(column ?? 'label');
  if ((each ?? null) === null) {
    const label = labelOf(common, column ?? 'label', kind, where);
    return label === undefined ? undefined : Array.from({ length: captions }, () => label);
  }
  if ((common ?? null) !== null) {
    throw new DataError('there are labels in two fields', {
      where,
      expected: '"label" for all captions of the row, or "labels" with one for each',
      got: 'both',
      advice: "Say which holds the labels: columns: { label: 'label' }.",
      suggestion: { columns: { label: 'label' } },
    });
  }
  if (!Array.isArray(each) || each.length !== captions) {
    throw new DataError('"labels" does not fit', {
      where,
      expected: `a list of ${captions}, one label for each caption`,
      got: Array.isArray(each) ? `a list of ${each.length}` : written(each),
      advice:
        "If it holds the classes of the image, name it as the label: columns: { label: 'labels' }.",
      suggestion: { columns: { label: 'labels' } },
    });
  }
  const labels = each.map((value: unknown) => labelOf(value, 'labels', kind, where));
  return labels.every((label) => label === undefined) ? undefined : labels;
}

function labelOf(
  value: unknown,
  name: string,
  kind: LabelKind | undefined,
  where: string,
): Label | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.trim() === '') return undefined;
  const label = read(value, kind);
  if (label !== undefined) return label;
  throw new DataError(`"${name}" is no label`, {
    where,
    expected: {
      class: 'a class as text or number',
      classes: `a list of classes, or one text with "${separator}" between them`,
      number: 'a number',
      any: 'a class as text, a number, or a list of classes',
    }[kind ?? 'any'],
    got: written(value),
    advice: 'Correct the row, or leave the field empty where there is no label.',
  });
}

/** @returns undefined when the value cannot be read as that kind */
function read(value: unknown, kind: LabelKind | undefined): Label | undefined {
  if (kind === 'number') return numberOf(value);
  if (kind === 'classes') {
    // None of the classes, which an empty cell does not say.
    if (typeof value === 'string' && value.trim() === separator) return [];
    const list = typeof value === 'string' ? value.split(separator) : value;
    return classes(Array.isArray(list) ? list : [list]);
  }
  if (kind === 'class') return className(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return Array.isArray(value) ? classes(value) : className(value);
}

function classes(list: readonly unknown[]): string[] | undefined {
  const names = list.map(className);
  const known = names.filter((name) => name !== undefined);
  // Repeated ones stay: of answers that several people gave, how many gave each counts.
  return known.length === names.length ? known : undefined;
}

/** A class by its name; `true` and `false` are names too. */
function className(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const name = value.trim();
    return name === '' || unsoundness(name) !== undefined ? undefined : name;
  }
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  return undefined;
}

/** `Number` also takes other notations: 0x10 and 0b11. */
const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && decimal.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function written(value: unknown): string {
  if (typeof value === 'string') return excerpt(value);
  return Array.isArray(value) ? `a list of ${value.length}` : typeof value;
}

/** Whether two labels say the same. */
export function sameLabel(a: Label | undefined, b: Label | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
