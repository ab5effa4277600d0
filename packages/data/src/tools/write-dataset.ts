import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import {
  callback,
  checkOptions,
  count,
  oneOf,
  requireText,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { fileError, makeFolder, requireEmptyFolder, writeFileAtomic } from '@crossweave/core/node';
import { datasetChecks, type DatasetSource, type OpenDatasetOptions } from '../forms/open-dataset';
import { imageFormat } from '../image/format';
import { readImage } from '../pairs/pictures';
import type { ReadSample } from '../pairs/samples';
import { collectSamples } from './summary';
import { tarEnd, tarEntry } from './write-tar';

export interface WriteDatasetOptions extends OpenDatasetOptions {
  /** Folder to write to; made if missing, and empty. */
  readonly out: string;
  /** `jsonl`: `captions.jsonl` and `images/`. `webdataset`: `train-000000.tar` and its like. */
  readonly as: 'jsonl' | 'webdataset';
  /** What becomes of rows that cannot be read and images that are missing. Default `fail`. */
  readonly policy?: 'fail' | 'skip';
  /** Samples in a shard. Default 1000. */
  readonly shardSize?: number;
  /** Called as samples are written. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was written. */
export interface WrittenDataset {
  /** Rows of the source: each is in a sample or among the rejects. */
  readonly rows: number;
  readonly samples: number;
  /** Rows that are in no sample, and why the first of them are not. */
  readonly rejects: { readonly count: number; readonly first: readonly string[] };
  /** Names of the files, without the images. */
  readonly files: readonly string[];
}

const checks: Checks<WriteDatasetOptions> = {
  ...datasetChecks,
  out: text(),
  as: oneOf('jsonl', 'webdataset'),
  policy: oneOf('fail', 'skip'),
  shardSize: count(),
  onProgress: callback('that takes how many of how many samples are done'),
};

/**
 * Writes a dataset of any form as JSON lines with a folder of images, or as WebDataset shards. Image
 * files are copied byte by byte. Files get their names when they are whole, `captions.jsonl` last.
 *
 * @throws ConfigError for a wrong option, or a folder that is not empty
 * @throws DataError for the first damaged row or missing image, unless the policy is `skip`
 */
export async function writeDataset(
  source: DatasetSource,
  options: WriteDatasetOptions,
): Promise<WrittenDataset> {
  checkOptions('writeDataset', options, checks, ['out', 'as']);
  const { out, as, policy = 'fail', shardSize = 1000, onProgress, ...rest } = options;
  requireText('writeDataset', 'out', out);
  const { rows, samples, bad } = await collectSamples(source, rest);
  if (policy === 'fail' && bad[0] !== undefined) throw bad[0].error;
  await requireEmptyFolder(out);
  await makeFolder(out);
  const errors = bad.map(({ error }) => error.message);
  let lost = bad.length;
  let written = 0;
  let done = 0;
  const writer = as === 'jsonl' ? new JsonlWriter(out) : new ShardWriter(out, shardSize);
  try {
    for (const sample of samples) {
      options.signal?.throwIfAborted();
      try {
        const file = await readImage(sample);
        await writer.add(sample, file, extensionOf(file, sample));
        written++;
      } catch (error) {
        if (policy === 'fail' || !(error instanceof DataError)) throw error;
        lost += sample.rows;
        errors.push(error.message);
      }
      onProgress?.(++done, samples.length);
    }
    const files = await writer.end();
    const rejects = { count: lost, first: errors.slice(0, 5) };
    return { rows, samples: written, rejects, files };
  } finally {
    await writer.close();
  }
}

function extensionOf(file: Uint8Array, { where, image }: ReadSample): string {
  const kind = imageFormat(file);
  if ('format' in kind) return kind.format === 'jpeg' ? 'jpg' : kind.format;
  throw new DataError('the file is no image that can be read', {
    where: `${image} (${where})`,
    got: kind.other ?? 'a file of another kind',
  });
}

/** The fields of a sample as JSONL and shards hold them. */
function fieldsOf(sample: ReadSample): object {
  const { id, split, captions, labels, group, negatives } = sample;
  return {
    id,
    split,
    captions,
    ...(labels && { labels: labels.map((label) => label ?? null) }),
    ...(group !== undefined && { group }),
    ...(negatives && { negatives }),
  };
}

interface Writer {
  add(sample: ReadSample, file: Uint8Array, extension: string): Promise<void>;
  end(): Promise<readonly string[]>;
  /** After an error too. */
  close(): Promise<void>;
}

/** A file that gets its name when it is whole. */
class Growing {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<Growing> {
    return new Growing(path, await written(path, () => open(`${path}.part`, 'w')));
  }

  async add(bytes: Uint8Array): Promise<void> {
    await written(this.#path, () => this.#file.writeFile(bytes));
  }

  async end(): Promise<void> {
    await written(this.#path, async () => {
      await this.#file.sync();
      await this.#file.close();
      await rename(`${this.#path}.part`, this.#path);
    });
  }

  /** Takes away what is not whole. */
  async close(): Promise<void> {
    await this.#file.close();
    await rm(`${this.#path}.part`, { force: true });
  }
}

/** @throws DataError where the system does not let a file be written: a full disk, for one */
async function written<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    throw fileError('the file cannot be written', path, cause);
  }
}

class JsonlWriter implements Writer {
  readonly #out: string;
  #lines: Growing | undefined;
  #count = 0;

  constructor(out: string) {
    this.#out = out;
  }

  async add(sample: ReadSample, file: Uint8Array, extension: string): Promise<void> {
    if (this.#lines === undefined) {
      await makeFolder(join(this.#out, 'images'));
      this.#lines = await Growing.open(join(this.#out, 'captions.jsonl'));
    }
    const image = `images/${numbered(this.#count++, 8)}.${extension}`;
    await writeFileAtomic(join(this.#out, image), file);
    await this.#lines.add(Buffer.from(`${JSON.stringify({ image, ...fieldsOf(sample) })}\n`));
  }

  async end(): Promise<readonly string[]> {
    await this.#lines?.end();
    const files = this.#lines === undefined ? [] : ['captions.jsonl'];
    this.#lines = undefined;
    return files;
  }

  async close(): Promise<void> {
    await this.#lines?.close();
  }
}

class ShardWriter implements Writer {
  readonly #out: string;
  readonly #size: number;
  /** By split, the shard that is being written. */
  readonly #open = new Map<string, { file: Growing; samples: number }>();
  readonly #shards = new Map<string, number>();
  readonly #files: string[] = [];
  #count = 0;

  constructor(out: string, size: number) {
    this.#out = out;
    this.#size = size;
  }

  async add(sample: ReadSample, file: Uint8Array, extension: string): Promise<void> {
    const { split, captions } = sample;
    const shard = this.#open.get(split) ?? (await this.#begin(split));
    const key = numbered(this.#count++, 9);
    const [caption] = captions;
    const texts = captions.length === 1 ? [tarEntry(`${key}.txt`, Buffer.from(caption!))] : [];
    const json = Buffer.from(JSON.stringify(fieldsOf(sample)));
    await shard.file.add(
      Buffer.concat([
        tarEntry(`${key}.${extension}`, file),
        ...texts,
        tarEntry(`${key}.json`, json),
      ]),
    );
    if (++shard.samples === this.#size) await this.#finish(split);
  }

  async end(): Promise<readonly string[]> {
    for (const split of [...this.#open.keys()]) await this.#finish(split);
    return this.#files;
  }

  async close(): Promise<void> {
    for (const { file } of this.#open.values()) await file.close();
  }

  async #begin(split: string): Promise<{ file: Growing; samples: number }> {
    const number = this.#shards.get(split) ?? 0;
    this.#shards.set(split, number + 1);
    const name = `${split.replace(/[^\w-]/g, '_')}-${numbered(number, 6)}.tar`;
    if (this.#files.includes(name)) {
      throw new DataError('two splits would share their shards', { where: split, got: name });
    }
    this.#files.push(name);
    const shard = { file: await Growing.open(join(this.#out, name)), samples: 0 };
    this.#open.set(split, shard);
    return shard;
  }

  async #finish(split: string): Promise<void> {
    const shard = this.#open.get(split);
    if (shard === undefined) return;
    await shard.file.add(tarEnd);
    await shard.file.end();
    this.#open.delete(split);
  }
}

function numbered(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
