import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DataError } from '@crossweave/core';
import { repeatedKey } from '@crossweave/core/authoring';
import { toRow, type ReadContext, type Row } from '../records/record';
import { fileSource } from '../records/text-source';
import { excerpt } from '../records/excerpt';
import { jsonElements, type JsonElement } from './json-elements';
import { inParts, splitOfName, type FormReader } from './reader';

export interface CocoOptions {
  readonly context: Omit<ReadContext, 'file'>;
  /** Folder of the images; else it is looked for. */
  readonly images?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** An image of the list, for its annotations. */
interface Picture {
  readonly name: string;
  /** What it says of itself that holds for all of its captions. */
  readonly own: Fields;
  captions: number;
}

/**
 * COCO captions (`{"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}`) and
 * Karpathy's splits (`{"images": [{"filename", "split", "sentences": [{"raw"}]}]}`). The file is read
 * twice, element by element: once for the images, once for their captions. The split is that of the
 * file's name, `captions_val2017.json`, unless an image says its own.
 */
export function cocoReader(file: string, { context, images, signal }: CocoOptions): FormReader {
  const name = basename(file);
  const split = /(?:^|_)(train|val|valid|validation|dev|test)/i.exec(name)?.[1]?.toLowerCase();
  const own: ReadContext = { ...context, file, split: split ?? splitOfName(name) ?? context.split };
  return {
    name: file,
    folder: images ?? imageFolder(file),
    parts: () => inParts(rows(file, own, signal), 1000),
  };
}

async function* rows(
  file: string,
  context: ReadContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  const name = basename(file);
  const pictures = new Map<string, Picture>();
  let number = 0;
  const source = await fileSource(file, signal);
  const bad = (where: string, error: DataError): Row => ({
    line: ++number,
    lines: 1,
    where,
    error,
  });
  const row = (fields: Fields, where: string): Row =>
    toRow(
      { values: new Map(Object.entries(fields)) },
      { line: ++number, lines: 1, where },
      context,
    );
  for await (const element of jsonElements(source.chunks(), file)) {
    if (element.key !== 'images') continue;
    const where = `${name} (image ${element.index + 1})`;
    const image = parse(element, where);
    if (image instanceof DataError) {
      yield bad(where, image);
      continue;
    }
    const { sentences } = image;
    if (Array.isArray(sentences)) {
      yield row(karpathyFields(image, sentences), where);
      continue;
    }
    const id = idOf(image['id']);
    const path = image['file_name'];
    if (id === undefined || typeof path !== 'string') {
      yield bad(where, unfit(where, '"id" and "file_name"', element));
    } else if (pictures.has(id)) {
      yield bad(where, unfit(where, 'an id that no other image has', element));
    } else {
      pictures.set(id, { own: ownFields(image, context), name: path, captions: 0 });
    }
  }
  let since = 0;
  for await (const element of jsonElements(source.chunks(), file)) {
    if (element.key !== 'annotations') continue;
    if (++since % 1000 === 0) await setImmediate();
    signal?.throwIfAborted();
    const where = `${name} (annotation ${element.index + 1})`;
    const annotation = parse(element, where);
    if (annotation instanceof DataError) {
      yield bad(where, annotation);
      continue;
    }
    const id = idOf(annotation['image_id']) ?? '';
    const picture = pictures.get(id);
    if (picture === undefined) {
      yield bad(where, unfit(where, 'the "image_id" of one of the images', element));
      continue;
    }
    picture.captions++;
    yield row({ ...picture.own, ...annotation, image: picture.name, id }, where);
  }
  for (const picture of pictures.values()) {
    if (picture.captions > 0) continue;
    const where = `${name} (${picture.name})`;
    yield bad(
      where,
      new DataError('the image has no caption', { where, got: 'no annotation of it' }),
    );
  }
}

/** Split, label and group of an image, which its annotations do not repeat. */
function ownFields(image: Fields, { columns }: ReadContext): Fields {
  const names = [columns.split ?? 'split', columns.label ?? 'label', columns.group ?? 'group'];
  return Object.fromEntries(names.flatMap((name) => (name in image ? [[name, image[name]]] : [])));
}

function karpathyFields(image: Fields, sentences: readonly unknown[]): Fields {
  const { filename, filepath } = image;
  const path = [filepath, filename].filter((part) => typeof part === 'string').join('/');
  const captions = sentences.map((sentence) =>
    typeof sentence === 'object' && sentence !== null ? (sentence as Fields)['raw'] : sentence,
  );
  return { image: path, captions, split: image['split'] };
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'string' || Number.isSafeInteger(value) ? String(value) : undefined;
}

function parse({ text }: JsonElement, where: string): Fields | DataError {
  const details = () => ({ where, expected: 'a JSON object', got: excerpt(text) });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return new DataError('the element is no object', details());
    }
    const repeated = repeatedKey(text, value);
    if (repeated === undefined) return value as Fields;
    return new DataError(`the element has the key "${repeated.join('.')}" twice`, {
      ...details(),
      expected: 'each key once',
      advice: 'Remove the one that is wrong: programs differ in which of them they read.',
    });
  } catch (cause) {
    return new DataError('the element is not JSON', { ...details(), cause });
  }
}

function unfit(where: string, expected: string, { text }: JsonElement): DataError {
  return new DataError('the element does not fit', { where, expected, got: excerpt(text) });
}

/** `annotations/captions_val2017.json` has its images in `val2017/` beside `annotations/`. */
function imageFolder(file: string): string {
  const folder = dirname(resolve(file));
  const named = /^captions_(\w+)\.json$/i.exec(basename(file))?.[1];
  const above = dirname(folder);
  const candidates = [
    ...(named === undefined ? [] : [join(folder, named), join(above, named)]),
    ...(named === undefined ? [] : [join(above, 'images', named), join(folder, 'images', named)]),
    join(folder, 'images'),
    join(above, 'images'),
  ];
  return candidates.find((candidate) => existsSync(candidate)) ?? folder;
}
