import { basename, relative, sep } from 'node:path';
import { DataError } from '@crossweave/core';
import { filesBelow, folderEntries } from '@crossweave/core/node';
import { toRow, type ReadContext, type Row } from '../records/record';
import { parseTemplate } from '../records/template';
import { imageExtensions, inParts, isImageName, splitOfName, type FormReader } from './reader';

export interface ClassFoldersOptions {
  readonly context: Omit<ReadContext, 'file'>;
  readonly signal?: AbortSignal | undefined;
}

/** The caption of a picture that is known by its class alone. */
export const defaultPrompt = 'a photo of a {class}';

/**
 * A folder for each class, `root/cat/1.jpg`, or for each class of each split, `root/train/cat/1.jpg`
 * (when all folders of the root are named like splits; such names elsewhere are an error, as their
 * pictures would be of one split and the splits classes). The class is the label; its name, with
 * spaces for `_` and `-`, is `{class}` in the caption's template. Files are in the order of their
 * names. A link counts as the file or folder that it points to. A file whose name does not end as an
 * image's is a reject. Hidden files are skipped.
 */
export function classFoldersReader(
  root: string,
  { context, signal }: ClassFoldersOptions,
): FormReader {
  return {
    name: root,
    folder: root,
    parts: () => inParts(rows(root, context, signal), 1000),
  };
}

/** Whether a folder looks like one. */
export async function isClassFolders(root: string): Promise<boolean> {
  for await (const file of filesBelow(root)) {
    const depth = relative(root, file).split(sep).length;
    if (depth > 1 && isImageName(file)) return true;
  }
  return false;
}

async function* rows(
  root: string,
  context: Omit<ReadContext, 'file'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  const bySplit = await namesSplits(root);
  const template = context.template ?? parseTemplate(defaultPrompt);
  let line = 0;
  for await (const file of filesBelow(root, signal)) {
    line++;
    const path = relative(root, file).split(sep);
    const where = `${basename(root)}/${path.join('/')}`;
    requireNoSplit(path.slice(bySplit ? 1 : 0, -1), where);
    const split = bySplit ? splitOfName(path[0] ?? '') : undefined;
    const [label, ...rest] = path.slice(bySplit ? 1 : 0);
    if (label === undefined || rest.length === 0 || !isImageName(file)) {
      const error = new DataError('the file is no image in the folder of a class', {
        where,
        expected: `${bySplit ? 'split/' : ''}class/name.jpg (${imageExtensions.join(', ')})`,
        got: path.join('/'),
        advice: 'Move the file elsewhere.',
      });
      yield { line, lines: 1, where, error };
      continue;
    }
    const values = new Map<string, unknown>([
      ['image', path.join('/')],
      ['class', label.replace(/[_-]+/g, ' ').trim()],
      ['label', label],
      ['split', split],
    ]);
    const own = { ...context, columns: { label: 'label' }, template, file: root };
    yield toRow({ values }, { line, lines: 1, where }, own);
  }
}

/**
 * @param folders in which a picture lies, from that of its class on
 * @throws DataError where they say a split, which nothing would read: above the class
 *   (`train2017/cat`, or `train/cat` beside other folders), or below it (`cat/test`)
 */
function requireNoSplit(folders: readonly string[], where: string): void {
  const at = folders.findIndex((name, depth) =>
    depth === 0
      ? folders.length > 1 && splitOfName(name) !== undefined
      : splitOfName(name)?.length === name.length,
  );
  if (at < 0) return;
  throw new DataError(
    `the folder "${folders[at]!}" seems to be a split, and would not be read as one`,
    {
      where,
      expected: 'train/class/name.jpg in a folder whose folders are all splits, or class/name.jpg',
      got: `${folders.join('/')}/…, read as the class "${folders[0]!}"`,
      advice:
        'Name the folder that holds train, val and test alone; rename folders such as train2017 to train. ' +
        'Where it is no split, rename it.',
    },
  );
}

async function namesSplits(root: string): Promise<boolean> {
  const folders = (await folderEntries(root)).filter(({ isFolder }) => isFolder);
  return (
    folders.length > 0 && folders.every(({ name }) => splitOfName(name)?.length === name.length)
  );
}
