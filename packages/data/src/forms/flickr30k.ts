import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readParts } from '../records/read';
import type { ReadRowsOptions } from '../records/read-options';
import type { FormReader } from './reader';

/** The first line of `results.csv`, as Flickr30k was given out. */
const original = /^\uFEFF?image_name\s*\|/;
/** Of the file with Karpathy's splits, in which all captions of an image are one JSON list. */
const karpathy = /^\uFEFF?raw,sentids,split,/;

/** Whether a CSV file is one of Flickr30k's. */
export async function isFlickr30k(file: string): Promise<boolean> {
  const header = await headerOf(file);
  return original.test(header) || karpathy.test(header);
}

/**
 * Flickr30k's captions: `results.csv` (`image_name| comment_number| comment`) or
 * `flickr_annotations_30k.csv` (`raw,sentids,split,filename,img_id`).
 */
export function flickr30kReader(
  file: string,
  options: Omit<ReadRowsOptions, 'format'>,
  images: string | undefined,
): FormReader {
  return {
    name: file,
    folder: images ?? imageFolder(file),
    async *parts() {
      const { columns } = options;
      const lists = karpathy.test(await headerOf(file));
      const own: ReadRowsOptions = lists
        ? { columns: { image: 'filename', caption: 'raw', ...columns } }
        : { columns: { image: 'image_name', caption: 'comment', ...columns } };
      const dialect = lists ? {} : { delimiter: '|', quote: false as const };
      yield* readParts(file, {
        ...dialect,
        ...options,
        format: 'csv',
        ...own,
        captionLists: lists,
      });
    },
  };
}

async function headerOf(file: string): Promise<string> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
  return buffer.toString('utf8', 0, bytesRead).split(/[\r\n]/)[0] ?? '';
}

function imageFolder(file: string): string {
  const folder = dirname(resolve(file));
  const names = ['flickr30k_images', 'flickr30k-images', 'images', 'Images'];
  return names.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? folder;
}
