import { createHash } from 'node:crypto';
import { DataError } from '@crossweave/core';
import { checkOptions, callback, count, type Checks } from '@crossweave/core/authoring';
import sharp from 'sharp';
import { mapConcurrently } from '../concurrency';
import { datasetChecks, type DatasetSource, type OpenDatasetOptions } from '../forms/open-dataset';
import { decodeImage } from '../image/decode';
import { readImage } from '../pairs/pictures';
import type { ReadSample } from '../pairs/samples';
import { findLikes, lookOf, type Look } from './look';
import { collectSamples } from './summary';

export interface MeasureImagesOptions extends OpenDatasetOptions {
  /** Images read at the same time. Default 8. */
  readonly concurrency?: number;
  /** Called as images are read. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Images that are the same. */
export interface Duplicates {
  /**
   * `bytes`: the same file. `look`: the same picture scaled, compressed again or slightly changed
   * (difference hash of 128 bits of which ten may differ, and mean colours).
   */
  readonly by: 'bytes' | 'look';
  /** The split, or the two splits, that they are in. */
  readonly splits: readonly [string] | readonly [string, string];
  /** Images that have an earlier one that is the same. */
  readonly images: number;
  readonly example: readonly [string, string];
}

/** An image of a dataset. */
export interface ImagePlace {
  readonly image: string;
  readonly split: string;
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
  /** The first pairs that look the same, those of two splits before others. */
  readonly alike: readonly (readonly [ImagePlace, ImagePlace])[];
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
  readonly look: Look;
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
  const open = Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(datasetChecks, name)),
  );
  const { samples } = await collectSamples(source, open);
  return measureSamples(samples, options);
}

/** The same of samples that have been read. */
export async function measureSamples(
  samples: readonly ReadSample[],
  { concurrency = 8, onProgress, signal }: MeasureImagesOptions,
): Promise<ImageMeasures> {
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
    signal,
  );
  const known = measured.filter((each) => each !== undefined);
  const likes = findLikes(
    known.map(({ look }) => look),
    (at) => known[at]!.sample.split,
  );
  const crosses = (a: number, b: number): boolean =>
    known[a]!.sample.split !== known[b]!.sample.split;
  const formats: Record<string, number> = {};
  for (const { format } of known) formats[format] = (formats[format] ?? 0) + 1;
  return {
    images: samples.length,
    unreadable: { count: unreadable.length, first: unreadable.slice(0, 5) },
    formats,
    width: range(known.map(({ width }) => width)),
    height: range(known.map(({ height }) => height)),
    bytes: range(known.map(({ bytes }) => bytes)),
    duplicates: [...counted('bytes', known, sameBytes(known)), ...counted('look', known, likes)],
    alike: [...likes]
      .sort(([a, b], [c, d]) => Number(crosses(c, d)) - Number(crosses(a, b)))
      .slice(0, shownAlike)
      .map((pair) => pair.map((at) => placeOf(known[at]!)) as [ImagePlace, ImagePlace]),
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
    look: lookOf(small),
  };
}

function range(values: readonly number[]): [number, number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[0] ?? 0, sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
}

const shownAlike = 24;

function placeOf({ sample: { image, split } }: Measured): ImagePlace {
  return { image, split };
}

/** For each image the first earlier one of the same bytes, in each split. */
function sameBytes(measured: readonly Measured[]): [earlier: number, later: number][] {
  const firsts = new Map<string, Map<string, number>>();
  return measured.flatMap(({ digest, sample }, later) => {
    const owners = firsts.get(digest) ?? new Map<string, number>();
    firsts.set(digest, owners);
    const found = Array.from(owners.values(), (earlier): [number, number] => [earlier, later]);
    if (!owners.has(sample.split)) owners.set(sample.split, later);
    return found;
  });
}

/** Pairs by the split, or the two splits, that they are in. */
function counted(
  by: Duplicates['by'],
  measured: readonly Measured[],
  pairs: readonly (readonly [number, number])[],
): Duplicates[] {
  const found = new Map<string, { images: number; example: readonly [string, string] }>();
  for (const [earlier, later] of pairs) {
    const [a, b] = [measured[earlier]!.sample, measured[later]!.sample];
    const place = JSON.stringify(a.split === b.split ? [a.split] : [a.split, b.split].sort());
    const known = found.get(place);
    const example = known?.example ?? ([a.image, b.image] as const);
    found.set(place, { images: (known?.images ?? 0) + 1, example });
  }
  return Array.from(found, ([place, { images, example }]) => ({
    by,
    splits: JSON.parse(place) as [string],
    images,
    example,
  }));
}
