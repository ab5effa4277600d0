import { extname } from 'node:path';
import type { Row } from '../records/record';

/** The forms in which pairs lie on disk. */
export const datasetFormats = [
  'jsonl',
  'csv',
  'tsv',
  'flickr30k',
  'coco',
  'class-folders',
  'webdataset',
  'parquet',
] as const;

export type DatasetFormat = (typeof datasetFormats)[number];

/** Reads one form, row by row; damaged rows are among them with their errors. */
export interface FormReader {
  /** A path, for messages. */
  readonly name: string;
  /** To which the paths of images are relative. */
  readonly folder: string;
  /** The rows in parts, between which signals are heard; the same ones at every call. */
  parts(): AsyncGenerator<readonly Row[]>;
}

/** Extensions of the image files that can be decoded, in lower case. */
export const imageExtensions: readonly string[] = [
  ...['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'avif', 'tif', 'tiff', 'svg'],
];

/** Whether a file is one of these by the end of its name. */
export function isImageName(file: string): boolean {
  return imageExtensions.includes(extname(file).slice(1).toLowerCase());
}

const splitNames = /^(train|training|val|valid|validation|dev|test|testing)(?![a-z])/i;

/** The split that the name of a file or folder begins with: `train-0001.tar`, `val`. */
export function splitOfName(name: string): string | undefined {
  return splitNames.exec(name)?.[1]?.toLowerCase();
}

/** Joins what comes one by one into parts. */
export async function* inParts<Item>(
  items: AsyncIterable<Item>,
  most: number,
): AsyncGenerator<readonly Item[]> {
  let part: Item[] = [];
  for await (const item of items) {
    part.push(item);
    if (part.length < most) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
