import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { folderEntries } from '@crossweave/core/node';
import { isClassFolders } from './class-folders';
import { isFlickr30k } from './flickr30k';
import type { DatasetFormat } from './reader';
import { expandBraces, isUrl, shardName } from './shards';

/** What lies at a path: a form, and the files of it. */
export interface Recognised {
  readonly format: DatasetFormat;
  /** One file or folder, several shards, several Parquet files, or several files of COCO. */
  readonly files: readonly string[];
}

const formats: Readonly<Record<string, DatasetFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.json': 'coco',
  '.parquet': 'parquet',
  '.tar': 'webdataset',
  '.tgz': 'webdataset',
  '.gz': 'webdataset',
};

const several: readonly DatasetFormat[] = ['webdataset', 'parquet', 'coco'];

/**
 * Tells the form of a dataset by its names: a file by its extension, a folder by what is in it.
 *
 * @param format the form that it is, if it is known: a folder is searched for that one alone
 * @throws DataError when nothing is there, or nothing that is known
 * @throws ConfigError when a folder holds several forms: it says how to choose
 */
export async function recognise(
  source: string | readonly string[],
  format?: DatasetFormat,
): Promise<Recognised> {
  const files = (typeof source === 'string' ? [source] : source).flatMap(expandBraces);
  const [only] = files;
  const twice = repeatedFile(files);
  if (twice !== undefined) {
    throw new ConfigError('a file of the dataset is named twice', {
      where: twice,
      expected: 'each file once: its rows would count twice',
      got: `${files.length} files`,
      advice: 'Leave it out of the list once.',
    });
  }
  if (only === undefined) throw nothing('an empty list', 'paths of files');
  if (files.length === 1 && !isUrl(only)) {
    const found = await stat(only).catch((cause: unknown) => {
      throw new DataError('the dataset is missing', {
        where: only,
        expected: 'a captions file, shards, a Parquet file or a folder of pictures',
        got: cause instanceof Error && 'code' in cause ? String(cause.code) : 'nothing',
        advice: 'Check the path.',
        cause,
      });
    });
    if (found.isDirectory()) return inFolder(only, format);
  }
  const known = format ?? (await formatOfFile(only));
  const other = files.find(
    (file) => format === undefined && formatOfName(file) !== formatOfName(only),
  );
  if (other !== undefined) {
    throw new ConfigError('the files are of several forms', {
      where: only,
      expected: `files of one form, all ${known}`,
      got: other,
    });
  }
  if (files.length > 1 && !several.includes(known)) {
    throw new ConfigError(`several files of the form ${known} are not read as one dataset`, {
      where: only,
      expected: `one file, or several of ${several.join(', ')}`,
      got: files.length,
    });
  }
  return { format: known, files };
}

function repeatedFile(files: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return files.find((file) => {
    const path = isUrl(file) ? file : resolve(file);
    const again = seen.has(path);
    seen.add(path);
    return again;
  });
}

function formatOfName(file: string): DatasetFormat | undefined {
  return formats[extname(shardName(file)).toLowerCase()];
}

async function formatOfFile(file: string): Promise<DatasetFormat> {
  const format = formatOfName(file);
  if (format === undefined) throw unknown(file);
  if (isUrl(file) && format !== 'webdataset') {
    throw new ConfigError('of the network, shards alone are read', {
      where: file,
      expected: 'the address of a .tar or .tgz file',
      advice: 'Download the file first.',
    });
  }
  return format === 'csv' && (await isFlickr30k(file)) ? 'flickr30k' : format;
}

/** Several files of these forms are one dataset; of others, one is to be chosen. */
async function inFolder(folder: string, wanted: DatasetFormat | undefined): Promise<Recognised> {
  if (wanted === 'class-folders') return { format: wanted, files: [folder] };
  const found = new Map<DatasetFormat, string[]>();
  for (const inside of [folder, join(folder, 'data'), join(folder, 'annotations')]) {
    const entries = existsSync(inside) ? await folderEntries(inside) : [];
    for (const { name, isFolder } of entries) {
      if (isFolder) continue;
      const format = formatOfName(name);
      // Of JSON files a folder may hold any.
      if (format === undefined || (format === 'coco' && !/captions|dataset/i.test(name))) continue;
      const own = format === 'csv' ? await formatOfFile(join(inside, name)) : format;
      if (wanted !== undefined && wanted !== own) continue;
      found.set(own, [...(found.get(own) ?? []), join(inside, name)]);
    }
  }
  if (found.size === 0 && wanted === undefined && (await isClassFolders(folder))) {
    return { format: 'class-folders', files: [folder] };
  }
  const [first] = found;
  if (first === undefined) throw unknown(folder);
  const [format, files] = first;
  if (found.size > 1 || (files.length > 1 && !several.includes(format))) {
    throw new ConfigError('the folder holds several datasets', {
      where: folder,
      expected: 'one captions file, or shards, or Parquet files',
      got: Array.from(found, ([form, names]) => `${form}: ${names.map(shardName).join(', ')}`).join(
        '; ',
      ),
      advice: `Name one of these files${found.size > 1 ? `, or pass format: '${format}'` : ''}.`,
    });
  }
  return { format, files };
}

function unknown(path: string): DataError {
  return nothing(
    path,
    'a .jsonl, .csv, .tsv, .json (COCO), .parquet, .tar or .tgz file, or a folder of these or of class folders',
  );
}

function nothing(where: string, expected: string): DataError {
  return new DataError('the form of the dataset is not known', {
    where,
    expected,
    advice: "Name the file itself; for another extension, pass format: 'csv', for one.",
  });
}
