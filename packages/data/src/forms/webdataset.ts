import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DataError } from '@crossweave/core';
import { imageColumn, readColumns } from '../records/columns';
import {
  toRow,
  type EmbeddedPicture,
  type Place,
  type ReadContext,
  type Row,
} from '../records/record';
import { excerpt } from '../records/excerpt';
import { distinctNames } from './distinct-names';
import { imageExtensions, inParts, splitOfName, type FormReader } from './reader';
import { jsonOf, otherCaption } from './sample-json';
import { isSeekable, openShard, shardName } from './shards';
import type { Spool } from './spool';
import { tarEntries, type TarEntry } from './tar';

export interface WebDatasetOptions {
  readonly context: Omit<ReadContext, 'file'>;
  readonly spool: Spool;
  readonly signal?: AbortSignal | undefined;
}

/** Fields that hold a caption, the first that is there. */
const captionFields = ['txt', 'text', 'caption'];
/** Fields that a sample is made of, besides its picture. Files of other kinds are not needed. */
const readFields = [...captionFields, 'json', 'cls'];
/** Bytes of a text of a sample: more are damage. */
const longestText = 16 * 2 ** 20;

/**
 * WebDataset shards: tar archives in which files whose names differ after the first dot of their base
 * name alone are one sample, one after another: `0001.jpg`, `0001.txt`, `0001.json`, `0001.cls`.
 * Fields of the `json` file stand beside the others. The split is that of the shard's name,
 * `train-0001.tar`. Ids are `shard/key` unless there is a field `id`. Texts are UTF-8.
 */
export function webDatasetReader(
  shards: readonly string[],
  { context, spool, signal }: WebDatasetOptions,
): FormReader {
  const name =
    shards.length === 1 ? shards[0]! : `${shardName(shards[0]!)} and ${shards.length - 1} more`;
  return { name, folder: '.', parts: () => inParts(allRows(shards, context, spool, signal), 500) };
}

async function* allRows(
  shards: readonly string[],
  context: Omit<ReadContext, 'file'>,
  spool: Spool,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  let line = 0;
  let isDoubted = false;
  const names = distinctNames(shards);
  const wanted = new Set([...readFields, ...readColumns(context)]);
  for (const [at, shard] of shards.entries()) {
    const name = names[at]!;
    const split = splitOfName(shardName(shard)) ?? splitOfName(name) ?? context.split;
    const own = { ...context, file: name, split };
    const seen = new Set<string>();
    for await (const group of groupsOf(shard, { name, wanted, spool, signal })) {
      line++;
      const where = `${name} (${group.key})`;
      const place = { line, lines: 1, where };
      const again = seen.has(group.key);
      seen.add(group.key);
      const error = group.error ?? (again ? notAdjacent(where) : undefined);
      const row: Row =
        error === undefined ? rowOf(group, name, place, own, !isDoubted) : { ...place, error };
      isDoubted ||= 'doubt' in row;
      yield row;
    }
  }
}

type NamedPlace = Place & { readonly where: string };

/** The files of one sample. */
interface Group {
  readonly key: string;
  /** Texts by their extension; undefined for a file of another kind, which is no text. */
  readonly fields: Map<string, string | undefined>;
  readonly pictures: Map<string, EmbeddedPicture>;
  error?: DataError;
}

interface GroupOptions {
  /** Of the shard, in messages. */
  readonly name: string;
  /** Fields that are read: they must be text. */
  readonly wanted: ReadonlySet<string>;
  readonly spool: Spool;
  readonly signal: AbortSignal | undefined;
}

async function* groupsOf(
  shard: string,
  { name, wanted, spool, signal }: GroupOptions,
): AsyncGenerator<Group> {
  const reader = await openShard(shard, signal);
  let group: Group | undefined;
  try {
    for await (const entry of tarEntries(reader, shard)) {
      signal?.throwIfAborted();
      const [key, extension] = keyOf(entry.name);
      if (group !== undefined && group.key !== key) {
        yield group;
        group = undefined;
      }
      group ??= { key, fields: new Map(), pictures: new Map() };
      const where = `${name} (${key})`;
      if (extension === '' || entry.kind !== 'file') {
        group.error ??= new DataError('the entry is no file with a key and an extension', {
          where,
          expected: 'a regular file such as 0001.jpg',
          got: entry.kind === 'file' ? entry.name : `a ${entry.kind}, ${entry.name}`,
        });
      } else if (group.fields.has(extension) || group.pictures.has(extension)) {
        group.error ??= new DataError(`the sample has two files "${extension}"`, {
          where,
          expected: 'one file of each extension',
          got: entry.name,
        });
      } else if (isPicture(extension)) {
        group.pictures.set(extension, await pictureOf(entry, shard, spool));
      } else if (entry.size <= longestText) {
        const bytes = await entry.body();
        const isText = isUtf8(bytes);
        group.fields.set(extension, isText ? bytes.toString('utf8') : undefined);
        if (!isText && wanted.has(extension)) {
          group.error ??= new DataError(`the ${extension} file of the sample is not UTF-8`, {
            where,
            expected: 'text in UTF-8',
            got: excerpt(bytes.toString('latin1')),
            advice: 'Write the shard anew, with its texts in UTF-8.',
          });
        }
      } else if (readFields.includes(extension)) {
        group.error ??= new DataError(`the ${extension} file of the sample is too long`, {
          where,
          expected: `at most ${longestText} bytes`,
          got: entry.size,
        });
      }
    }
    if (group !== undefined) yield group;
  } finally {
    await reader.close();
  }
}

/** The key goes to the first dot of the base name; folders are part of it. */
function keyOf(name: string): [key: string, extension: string] {
  const path = name.replace(/^\.\//, '');
  const found = /^((?:.*\/)?[^./][^./]*)\.([^/]+)$/s.exec(path);
  return found === null ? [path, ''] : [found[1]!, found[2]!.toLowerCase()];
}

function isPicture(extension: string): boolean {
  return imageExtensions.includes(extension.split('.').at(-1) ?? '');
}

async function pictureOf(entry: TarEntry, shard: string, spool: Spool): Promise<EmbeddedPicture> {
  if (!isSeekable(shard)) return spool.add(await entry.body());
  const { size, offset } = entry;
  const path = resolve(shard);
  return {
    bytes: size,
    read: async () => {
      await using file = await open(path);
      const bytes = Buffer.alloc(size);
      const { bytesRead } = await file.read(bytes, 0, size, offset);
      return bytes.subarray(0, bytesRead);
    },
  };
}

/** @param mayDoubt whether a caption in `json` beside another is told of. */
function rowOf(
  group: Group,
  shard: string,
  place: NamedPlace,
  context: ReadContext,
  mayDoubt: boolean,
): Row {
  const { where } = place;
  const values = new Map<string, unknown>(group.fields);
  const bad = (what: string, got: string, advice: string): Row => ({
    ...place,
    error: new DataError(what, { where, got, advice }),
  });
  const parsed = jsonOf(group.fields.get('json'), where);
  if (parsed instanceof DataError) return { ...place, error: parsed };
  for (const [name, value] of Object.entries(parsed)) {
    if (!values.has(name)) values.set(name, value);
  }
  const { columns } = context;
  const names = [...group.pictures.keys()];
  const wanted =
    columns.image === undefined ? names : names.filter((name) => name === columns.image);
  const [extension] = wanted;
  if (extension === undefined || wanted.length > 1) {
    return bad(
      wanted.length > 1 ? 'the sample has several images' : 'the sample has no image',
      [...group.fields.keys(), ...names].join(', '),
      "Say which file is the image: columns: { image: 'jpg' }.",
    );
  }
  const file = captionFields.find((name) => group.fields.has(name));
  const doubt =
    mayDoubt && columns.caption === undefined && file !== undefined
      ? otherCaption(parsed, file, group.fields.get(file) ?? '', where)
      : undefined;
  const caption = captionFields.find((name) => values.has(name));
  if (columns.caption === undefined && caption !== undefined) {
    values.set('caption', values.get(caption));
    values.delete('captions');
  }
  if (columns.label === undefined && values.has('cls')) values.set('label', values.get('cls'));
  const id = `${shard.replace(/\.(tar|tgz|tar\.gz)$/i, '')}/${group.key}`;
  values.set(imageColumn(columns), `${shard}/${group.key}.${extension}`);
  if (columns.id === undefined && !values.has('id')) values.set('id', id);
  const row = toRow({ values, picture: group.pictures.get(extension)! }, place, context);
  return doubt === undefined || 'error' in row ? row : { ...row, doubt };
}

function notAdjacent(where: string): DataError {
  return new DataError('the files of a sample do not follow one another', {
    where,
    expected: 'all files of a key one after another',
    got: 'the key again, after another one',
    advice: 'Write the shard anew with sorted names: tar --sort=name.',
  });
}
