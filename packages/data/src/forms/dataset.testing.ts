/** What tests of the forms of datasets share. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { letters, type TestFolder } from '../pairs/folder.testing';
import { loadPairs } from '../pairs/load';
import type { CaptionRecord, Row } from '../records/record';
import { openDataset, type DatasetSource, type OpenDatasetOptions } from './open-dataset';

/** All rows of a dataset. */
export async function rows(source: DatasetSource, options?: OpenDatasetOptions): Promise<Row[]> {
  const read: Row[] = [];
  for await (const row of (await openDataset(source, options)).rows()) read.push(row);
  return read;
}
/** The records of rows of which none is damaged. */
export const records = (read: readonly Row[]): CaptionRecord[] =>
  read.map((row) => {
    if ('error' in row) throw row.error;
    return row.record;
  });
/** The messages of damaged rows. */
export const errors = (read: readonly Row[]): string[] =>
  read.flatMap((row) => ('error' in row ? [row.error.message] : []));

/** A picture of one colour. */
export const png = (level: number): Promise<Buffer> =>
  sharp({ create: { width: 4, height: 4, channels: 3, background: { r: level, g: 0, b: 0 } } })
    .png()
    .toBuffer();

/** What the first pixel of each picture of a split is in red, by id. */
export async function reds(
  captions: DatasetSource,
  split = 'train',
): Promise<Record<string, number>> {
  const normalise = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const data = await loadPairs({ captions, tokenizer: letters, imageSize: 4, normalise });
  const { records: own } = data.split(split);
  const tensor = await data.split(split).images(own.map((_, row) => row));
  const values = await tensor.data();
  tensor.dispose();
  return Object.fromEntries(own.map(({ id }, i) => [id, Math.round(values[i * 48]! * 255)]));
}

/** Writes a file, and the folders in its name, into a test's folder. */
export async function writeInto(
  folder: TestFolder,
  name: string,
  content: string | Uint8Array,
): Promise<string> {
  await mkdir(dirname(join(folder.path, name)), { recursive: true });
  return folder.write(name, content);
}
