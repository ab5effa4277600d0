/** Training data of two kinds in one captions file. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

interface Row {
  readonly image: string;
  readonly caption?: string;
  readonly captions?: readonly string[];
  readonly split: string;
}

export async function rowsOf(captions: string): Promise<Row[]> {
  const lines = (await readFile(captions, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { image, caption, captions: several, split } = JSON.parse(line) as Row;
    const path = resolve(dirname(captions), image);
    return { image: path, captions: several ?? [caption!], split };
  });
}

/**
 * Writes all rows of `other`, and of the training rows of `own` a third as many as `other` has: a quarter of what is
 * trained on is what the model knew before. `val` and `test` are those of `other` alone.
 */
export async function mixture(own: string, other: string, folder: string): Promise<string> {
  const added = await rowsOf(other);
  const known = (await rowsOf(own)).filter(({ split }) => split === 'train');
  const wanted = added.filter(({ split }) => split === 'train').length / 3;
  const every = Math.max(1, known.length / wanted);
  const replayed = known.filter((_, i) => Math.floor((i + 1) / every) > Math.floor(i / every));
  const path = join(folder, 'mixture.jsonl');
  const lines = [...added, ...replayed].map((row) => `${JSON.stringify(row)}\n`);
  await writeFile(path, lines.join(''));
  return path;
}
