import { DataError, nearestName } from '@crossweave/core';

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
} as const;

type Role = keyof typeof meanings;

/** The names of the columns that hold captions, of which a record has one. */
export function captionColumns({ caption }: Columns): readonly string[] {
  return caption === undefined ? ['caption', 'captions'] : [caption];
}

export function imageColumn({ image }: Columns): string {
  return image ?? 'image';
}

/** The names of all columns that are read where they are there. */
export function readColumns(columns: Columns): readonly string[] {
  return [
    imageColumn(columns),
    ...captionColumns(columns),
    columns.id ?? 'id',
    columns.split ?? 'split',
    'negatives',
  ];
}

/**
 * What to say where columns that must be there are not: the columns there are, and which of them
 * seem to be meant, by a slip of the pen or by their meaning.
 *
 * @returns undefined when an image and a caption can be found among `names`
 */
export function missingColumns(
  names: readonly string[],
  columns: Columns,
  where: string,
  what: 'column' | 'field',
): DataError | undefined {
  const has = (name: string): boolean => names.includes(name);
  const lacking: Role[] = [
    ...(has(imageColumn(columns)) ? [] : (['image'] as const)),
    ...(captionColumns(columns).some(has) ? [] : (['caption'] as const)),
  ];
  if (lacking.length === 0) return undefined;
  const wanted = { image: imageColumn(columns), caption: columns.caption ?? 'caption' };
  const meant = suggest(lacking, names, columns, wanted);
  const found = Object.keys(meant).length === lacking.length;
  const suggestion = { ...columns, ...meant };
  return new DataError(`there is no ${what} for the ${lacking.join(' and the ')}`, {
    where,
    expected: `a ${what} ${lacking.map((role) => `"${wanted[role]}"`).join(' and a ')}`,
    got: names.length === 0 ? `no ${what}s` : `the ${what}s ${names.join(', ')}`,
    advice: found
      ? `Say what the ${what}s hold: columns: ${written(suggestion)}.`
      : `Name the ${what}s with columns: ${written(Object.fromEntries(lacking.map((role) => [role, '…'])))}.`,
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
  const meant: Partial<Record<Role, string>> = {};
  for (const role of lacking) {
    const free = names.filter((name) => name !== '' && !taken.has(name));
    const named = columns[role] !== undefined;
    const near = nearestName(wanted[role], free);
    const name = named ? (near ?? byMeaning(role, free)) : (byMeaning(role, free) ?? near);
    if (name === undefined) continue;
    meant[role] = name;
    taken.add(name);
  }
  return meant;
}

function byMeaning(role: Role, names: readonly string[]): string | undefined {
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
