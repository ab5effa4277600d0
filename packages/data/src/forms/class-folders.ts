import { readdir } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { DataError } from '@crossweave/core';
import { toRow, type ReadContext, type Row } from '../records/record';
import { parseTemplate } from '../records/template';
import { imageExtensions, inParts, splitOfName, type FormReader } from './reader';

export interface ClassFoldersOptions {
  readonly context: Omit<ReadContext, 'file'>;
  readonly signal?: AbortSignal | undefined;
}

/** The caption of a picture that is known by its class alone. */
export const defaultPrompt = 'a photo of a {class}';

/** What systems leave in folders. */
const clutter = /^(\..*|thumbs\.db|desktop\.ini|__macosx)$/i;

/**
 * A folder for each class, `root/cat/1.jpg`, or for each class of each split, `root/train/cat/1.jpg`
 * (when all folders of the root are named like splits). The class is the label; its name, with
 * spaces for `_` and `-`, is `{class}` in the caption's template. Files are in the order of their
 * names. A file that is no image by its name is a reject; hidden files are passed over.
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
  for await (const file of filesOf(root, undefined)) {
    const depth = relative(root, file).split(sep).length;
    if (depth > 1 && isImage(file)) return true;
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
  for await (const file of filesOf(root, signal)) {
    line++;
    const path = relative(root, file).split(sep);
    const where = `${basename(root)}/${path.join('/')}`;
    const split = bySplit ? splitOfName(path[0] ?? '') : undefined;
    const [label, ...rest] = path.slice(bySplit ? 1 : 0);
    if (label === undefined || rest.length === 0 || !isImage(file)) {
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

/** All files under a folder, in the order of their paths. */
async function* filesOf(folder: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  signal?.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (clutter.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path, signal);
    else yield path;
  }
}

async function namesSplits(root: string): Promise<boolean> {
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !clutter.test(entry.name));
  return (
    folders.length > 0 && folders.every(({ name }) => splitOfName(name)?.length === name.length)
  );
}

function isImage(file: string): boolean {
  return imageExtensions.includes(extname(file).slice(1).toLowerCase());
}
