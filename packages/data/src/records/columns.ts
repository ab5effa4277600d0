import { DataError, nearestName } from '@crossweave/core';
import type { TextTemplate } from './template';

/** Which fields or columns of a captions file hold what. */
export interface Columns {
  /** Path of the image, relative to the folder of the captions file (or absolute). Default `image`. */
  readonly image?: string;
  /** One caption, or (JSONL) a list of them. Default: `caption`, else `captions`. */
  readonly caption?: string;
  /** Default `id`; without it the image's path is the id. */
  readonly id?: string;
  /** Default `split`; without it every record belongs to the split `train`. */
  readonly split?: string;
  /**
   * What the image with a caption is known to be, such as the answer to a question. Default:
   * `label`, else (JSONL) `labels` with one label for each caption.
   */
  readonly label?: string;
  /** What must not be torn apart between splits: a product, a user. Default `group`. */
  readonly group?: string;
}

/** What stands where in a captions file. */
export interface Layout {
  readonly columns: Columns;
  /** Makes the caption of several columns; `columns.caption` is not there then. */
  readonly template?: TextTemplate | undefined;
  /** Whether a row may lack its image or its caption. */
  readonly incomplete?: boolean | undefined;
}

/** Other names that people give these columns, in lower case without `_`, `-` and spaces. */
const meanings = {
  image: [
    ...['image', 'images', 'img', 'picture', 'pic', 'photo', 'imagepath', 'imgpath', 'imagefile'],
    ...['imagename', 'imagefilename', 'filepath', 'filename', 'file', 'path', 'imageurl', 'url'],
    ...['imageid', 'src', 'jpg', 'png'],
  ],
  caption: [
    ...['caption', 'captions', 'text', 'texts', 'txt', 'title', 'description', 'desc', 'sentence'],
    ...['sentences', 'sentenceraw', 'alttext', 'alt', 'prompt', 'comment', 'query', 'question'],
    ...['name', 'raw'],
  ],
  label: ['answer'],
} as const;

type Role = 'image' | 'caption';

/** The names of the columns that hold captions, of which a record has one. */
export function captionColumns({ caption }: Columns): readonly string[] {
  return caption === undefined ? ['caption', 'captions'] : [caption];
}

/** The columns of which a text is made. */
function textColumns({ columns, template }: Layout): readonly string[] {
  return template?.columns ?? captionColumns(columns);
}

export function imageColumn({ image }: Columns): string {
  return image ?? 'image';
}

/** The names of all columns that are read where they are there. */
export function readColumns(layout: Layout): readonly string[] {
  const { columns } = layout;
  const names = [
    imageColumn(columns),
    ...textColumns(layout),
    columns.id ?? 'id',
    columns.split ?? 'split',
    ...(columns.label === undefined ? ['label', 'labels'] : [columns.label]),
    columns.group ?? 'group',
    'negatives',
  ];
  return [...new Set(names)];
}

/** The columns that the caller named and that may be missing from a row, not from all of them. */
export function namedColumns({ id, split, label, group }: Columns): readonly string[] {
  return [id, split, label, group].filter((name) => name !== undefined);
}

/**
 * What to say where columns that must be there are not: the columns there are, and which of them
 * seem to be meant, by a slip of the pen or by their meaning.
 *
 * @returns undefined when an image and a caption can be found among `names`
 */
export function missingColumns(
  names: readonly string[],
  { columns, template, incomplete }: Layout,
  where: string,
  what: 'column' | 'field',
): DataError | undefined {
  const has = (name: string): boolean => names.includes(name);
  const unnamed = template?.columns.find((name) => !has(name));
  if (unnamed !== undefined) {
    const near = nearestName(unnamed, names);
    return new DataError(`there is no ${what} "${unnamed}" for the text`, {
      where,
      expected: `a ${what} for each part of ${JSON.stringify(template?.source)}`,
      got: names.length === 0 ? `no ${what}s` : `the ${what}s ${names.join(', ')}`,
      advice: `${near === undefined ? '' : `Did you mean "${near}"? `}Correct the template in text.`,
    });
  }
  const constant = template?.columns.length === 0 ? template.source.trim() : undefined;
  if (constant !== undefined && has(constant)) {
    return new DataError(`the text "${constant}" is the name of a ${what}`, {
      where,
      expected: `"{${constant}}" for its values, or another text, which every row then has`,
      got: constant,
    });
  }
  const lacking: Role[] = [
    ...(has(imageColumn(columns)) ? [] : (['image'] as const)),
    ...(template !== undefined || captionColumns(columns).some(has) ? [] : (['caption'] as const)),
  ];
  if (lacking.length === 0) return undefined;
  const wanted = { image: imageColumn(columns), caption: columns.caption ?? 'caption' };
  const meant = suggest(lacking, names, columns, wanted);
  const orOneText =
    lacking.join() === 'caption' && columns.label !== undefined
      ? ", or give every row one caption with text: 'a photo'"
      : '';
  const found = lacking.every((role) => meant[role] !== undefined);
  // A column of another name that seems to be meant is a slip, not a missing side.
  if (incomplete === true && lacking.length === 1 && !found) return undefined;
  const suggestion = { ...columns, ...meant };
  return new DataError(`there is no ${what} for the ${lacking.join(' and the ')}`, {
    where,
    expected: `a ${what} ${lacking.map((role) => `"${wanted[role]}"`).join(' and a ')}`,
    got: names.length === 0 ? `no ${what}s` : `the ${what}s ${names.join(', ')}`,
    advice: found
      ? `Say what the ${what}s hold: columns: ${written(suggestion)}.`
      : `Name the ${what}s with columns: ${written(Object.fromEntries(lacking.map((role) => [role, '…'])))}${orOneText}.`,
    ...(found && { suggestion: { columns: suggestion } }),
  });
}

function suggest(
  lacking: readonly Role[],
  names: readonly string[],
  columns: Columns,
  wanted: Readonly<Record<Role, string>>,
): Columns {
  const taken = new Set(
    Object.values(columns as Record<string, string>).filter((name) => names.includes(name)),
  );
  const meant: { -readonly [Name in keyof Columns]: Columns[Name] } = {};
  for (const role of lacking) {
    const free = names.filter((name) => name !== '' && !taken.has(name));
    const named = columns[role] !== undefined;
    const near = nearestName(wanted[role], free);
    const name = named ? (near ?? byMeaning(role, free)) : (byMeaning(role, free) ?? near);
    if (name === undefined) continue;
    meant[role] = name;
    taken.add(name);
  }
  // Where questions stand under another name, their answers do too.
  const labelled = columns.label !== undefined || names.some((name) => /^labels?$/.test(name));
  const free = names.filter((name) => !taken.has(name));
  const answer = labelled ? undefined : byMeaning('label', free);
  if (meant.caption !== undefined && answer !== undefined) meant.label = answer;
  return meant;
}

function byMeaning(role: keyof typeof meanings, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');
  for (const meaning of meanings[role]) {
    const name = names.find((candidate) => plain(candidate) === meaning);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** As one writes it in a program: `{ image: 'filepath', caption: 'title' }`. */
function written(columns: Columns): string {
  const entries = Object.entries(columns as Record<string, string>);
  return `{ ${entries.map(([role, name]) => `${role}: '${name}'`).join(', ')} }`;
}
