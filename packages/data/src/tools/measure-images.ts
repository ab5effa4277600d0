import { createHash } from 'node:crypto';
import { DataError } from '@crossweave/core';
import { checkOptions, callback, count, type Checks } from '@crossweave/core/authoring';
import sharp from 'sharp';
import { mapConcurrently } from '../concurrency';
import { datasetChecks, type DatasetSource, type OpenDatasetOptions } from '../forms/open-dataset';
import { decodeImage } from '../image/decode';
import { readImage } from '../pairs/pictures';
import type { ReadSample } from '../pairs/samples';
import { collectSamples } from './summary';

export interface MeasureImagesOptions extends OpenDatasetOptions {
  /** Images read at the same time. Default 8. */
  readonly concurrency?: number;
  /** Called as images are read. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Images that are the same. */
export interface Duplicates {
  /** `bytes`: the same file. `look`: the same at 9 × 8 pixels of grey (difference hash). */
  readonly by: 'bytes' | 'look';
  /** The split, or the two splits, that they are in. */
  readonly splits: readonly [string] | readonly [string, string];
  /** Images that have an earlier one that is the same. */
  readonly images: number;
  readonly example: readonly [string, string];
}

/** What the image files of a dataset are. */
export interface ImageMeasures {
  readonly images: number;
  /** Those that are missing or cannot be decoded, and the first of these. */
  readonly unreadable: { readonly count: number; readonly first: readonly string[] };
  readonly formats: Readonly<Record<string, number>>;
  /** Lowest, middle and highest. */
  readonly width: readonly [number, number, number];
  readonly height: readonly [number, number, number];
  readonly bytes: readonly [number, number, number];
  readonly duplicates: readonly Duplicates[];
}

const checks: Checks<MeasureImagesOptions> = {
  ...datasetChecks,
  concurrency: count(),
  onProgress: callback('that takes how many of how many images are done'),
};

interface Measured {
  readonly sample: ReadSample;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly digest: string;
  readonly look: string;
}

/**
 * Reads and decodes every image of a dataset: formats, sizes, and which are the same within a split
 * or in two of them, by their bytes and by how they look.
 *
 * @throws as `openDataset` and its `rows`; the reason of `signal`
 */
export async function measureImages(
  source: DatasetSource,
  options: MeasureImagesOptions = {},
): Promise<ImageMeasures> {
  checkOptions('measureImages', options, checks);
  const { concurrency = 8, onProgress, ...open } = options;
  const { samples } = await collectSamples(source, open);
  const unreadable: string[] = [];
  let done = 0;
  const measured = await mapConcurrently(
    samples,
    concurrency,
    async (sample) => {
      const found = await measure(sample).catch((error: unknown) => {
        if (!(error instanceof DataError)) throw error;
        unreadable.push(error.message);
        return undefined;
      });
      onProgress?.(++done, samples.length);
      return found;
    },
    options.signal,
  );
  const known = measured.filter((each) => each !== undefined);
  const formats: Record<string, number> = {};
  for (const { format } of known) formats[format] = (formats[format] ?? 0) + 1;
  return {
    images: samples.length,
    unreadable: { count: unreadable.length, first: unreadable.slice(0, 5) },
    formats,
    width: range(known.map(({ width }) => width)),
    height: range(known.map(({ height }) => height)),
    bytes: range(known.map(({ bytes }) => bytes)),
    duplicates: [
      ...duplicates(known, 'bytes', ({ digest }) => digest),
      ...duplicates(known, 'look', ({ look }) => look),
    ],
  };
}

async function measure(sample: ReadSample): Promise<Measured> {
  const file = await readImage(sample);
  const { where, image } = sample;
  const small = await decodeImage(file, `${image} (${where})`, { size: 9 });
  const { autoOrient, format } = await sharp(file).metadata();
  return {
    sample,
    format,
    ...autoOrient,
    bytes: file.length,
    digest: createHash('sha256').update(file).digest('hex'),
    look: differenceHash(small),
  };
}

/** Of 9 × 9 pixels: whether each of the first 8 rows grows brighter to the right, bit by bit. */
function differenceHash(picture: Uint8Array): string {
  const grey = (x: number, y: number): number => {
    const at = (y * 9 + x) * 3;
    return 299 * picture[at]! + 587 * picture[at + 1]! + 114 * picture[at + 2]!;
  };
  let hash = '';
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) hash += grey(x, y) < grey(x + 1, y) ? '1' : '0';
  }
  // Pictures without any edge have one hash whatever their colour: the mean tells them apart.
  const mean = picture.reduce((sum, value) => sum + value, 0) / picture.length;
  return /1/.test(hash) ? hash : `${hash} ${Math.round(mean)}`;
}

function range(values: readonly number[]): [number, number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[0] ?? 0, sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
}

function duplicates(
  measured: readonly Measured[],
  by: Duplicates['by'],
  keyOf: (each: Measured) => string,
): Duplicates[] {
  const firsts = new Map<string, Map<string, ReadSample>>();
  const found = new Map<string, { images: number; example: readonly [string, string] }>();
  for (const each of measured) {
    const { split, image } = each.sample;
    const owners = firsts.get(keyOf(each)) ?? new Map<string, ReadSample>();
    firsts.set(keyOf(each), owners);
    for (const [other, owner] of owners) {
      const place = JSON.stringify(other === split ? [split] : [other, split].sort());
      const known = found.get(place);
      const example = known?.example ?? ([owner.image, image] as const);
      found.set(place, { images: (known?.images ?? 0) + 1, example });
    }
    if (!owners.has(split)) owners.set(split, each.sample);
  }
  return Array.from(found, ([place, { images, example }]) => ({
    by,
    splits: JSON.parse(place) as [string],
    images,
    example,
  }));
}
