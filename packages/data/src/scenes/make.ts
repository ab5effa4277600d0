import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import {
  callback,
  checkOptions,
  having,
  number,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { readJson, requireEmptyFolder, writeFileAtomic } from '@crossweave/core/node';
import sharp from 'sharp';
import { mapConcurrently } from '../concurrency';
import type { Dealt } from './deal';
import { sceneDeal, sceneRecord, type SceneRecord } from './records';
import { readme, summarise, type ScenesSummary } from './summary';
import { sceneSvg } from './svg';

export interface MakeScenesOptions {
  /** Number of pictures over all splits, 20 to 999,999. */
  readonly count: number;
  /** A whole number in [0, 2^53). */
  readonly seed: number;
  /** Folder to write to: a new one, an empty one, or one with scenes, which are made anew. */
  readonly out: string;
  /** Side of the pictures in pixels, 16 to 1024. Default 64. */
  readonly size?: number;
  /** Called after each picture. */
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * Stops the work with its reason, after the pictures under way. The folder is unfinished then:
   * it has no `captions.jsonl`. The same options again complete it, to the same bytes.
   */
  readonly signal?: AbortSignal;
}

const checks: Checks<MakeScenesOptions> = {
  count: number({ integer: true, min: 20, max: 999_999 }),
  seed: number({ integer: true, min: 0 }),
  out: text(),
  size: number({ integer: true, min: 16, max: 1024 }),
  onProgress: callback('of the pictures done and their number'),
  signal: having('an AbortSignal', 'addEventListener', 'throwIfAborted'),
};

/** Pictures in the making at once; sharp itself works on a thread pool. */
const concurrency = 16;

/**
 * Renders scenes to `out/images` (three JPEG files to every PNG) with
 * `captions.jsonl`, `dataset.json` and `README.md`. The same count, seed and
 * size give the same bytes. A `captions.jsonl` that is there is removed first, and the new one
 * written last: where it stands, the dataset is complete.
 *
 * @throws ConfigError for an option that is unknown, missing or out of range, or a folder that holds
 *   something else
 * @throws DataError when the folder or a file cannot be written
 * @throws the reason of `signal` once it is aborted
 */
export async function makeScenes(options: MakeScenesOptions): Promise<ScenesSummary> {
  checkOptions('makeScenes', options, checks, ['count', 'seed', 'out']);
  const { count, seed, out, size = 64, onProgress, signal } = options;
  signal?.throwIfAborted();
  const deal = sceneDeal(count, seed);
  const captionsFile = join(out, 'captions.jsonl');
  const marker = join(out, '.unfinished-scenes');
  const isOurs = await removeScenes(captionsFile, join(out, 'dataset.json'));
  if (!isOurs && !existsSync(marker)) await requireEmptyFolder(out);
  await written(join(out, 'images'), (images) => mkdir(images, { recursive: true }));
  await written(marker, (path) => writeFile(path, ''));
  let done = 0;
  const draw = async (dealt: Dealt, index: number): Promise<string> => {
    // One at a time, for all of them together would hold up the event loop and so the signal.
    const record = sceneRecord(dealt, index, seed);
    const picture = await render(record, size);
    // Half a picture after a crash does no harm: without captions.jsonl there is no dataset.
    await written(join(out, record.image), (path) => writeFile(path, picture));
    done += 1;
    onProgress?.(done, count);
    return `${JSON.stringify(record)}\n`;
  };
  const lines = await mapConcurrently(deal.scenes, concurrency, draw, signal);

  const summary = summarise(deal, seed, size);
  await writeFileAtomic(join(out, 'dataset.json'), `${JSON.stringify(summary, null, 2)}\n`);
  await writeFileAtomic(join(out, 'README.md'), readme(summary));
  await writeFileAtomic(captionsFile, lines.join(''));
  await written(marker, (path) => rm(path, { force: true }));
  return summary;
}

/**
 * Makes a complete dataset of scenes an unfinished one. False where there is none.
 *
 * @throws DataError when the folder holds captions of another kind
 */
async function removeScenes(captionsFile: string, summaryFile: string): Promise<boolean> {
  if (!existsSync(captionsFile)) return false;
  const summary = existsSync(summaryFile) ? await readJson(summaryFile) : undefined;
  if ((summary as Partial<ScenesSummary> | null | undefined)?.kind !== 'scenes') {
    throw new DataError('the folder holds captions of something else', {
      where: captionsFile,
      advice: 'Choose another folder, or remove the file.',
    });
  }
  await written(captionsFile, (path) => rm(path));
  return true;
}

/** @throws DataError that names the path when the system refuses */
async function written(path: string, write: (path: string) => Promise<unknown>): Promise<void> {
  try {
    await write(path);
  } catch (cause) {
    throw new DataError('the dataset cannot be written', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'Choose a folder that can be written and has room.',
      cause,
    });
  }
}

async function render({ scene, image }: SceneRecord, size: number): Promise<Uint8Array> {
  const picture = sharp(Buffer.from(sceneSvg(scene, size))).removeAlpha();
  return image.endsWith('.png')
    ? picture.png().toBuffer()
    : picture.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
}
