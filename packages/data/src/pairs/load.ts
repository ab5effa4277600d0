import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DataError, nearestName, type PairSplit } from '@crossweave/core';
import { mapConcurrently } from '../concurrency';
import { defaultImageSize } from '../image/options';
import { imagenetNormalisation, type Normalisation } from '../image/normalise';
import { readRows } from '../records/read';
import { checkMaxTokens } from '../text/encode';
import { loadTokenizer } from '../text/load';
import type { Tokenizer } from '../text/tokenizer';
import { checkLoadOptions, eagerCount, type LoadPairsOptions } from './options';
import { Pictures, missingImage, type Sample } from './pictures';
import type { Reject, RejectReport } from './report';
import { toSamples } from './samples';
import { FileSplit, type Preprocessing } from './split';

/** Pairs on disk, ready for batches. */
export interface PairDataset {
  /** By name, in the order in which the captions file names them; none is empty. */
  readonly splits: Readonly<Record<string, PairSplit>>;
  /** The split of this name. @throws DataError that names the splits there are */
  split(name: string): PairSplit;
  /**
   * SHA-256 over every accepted record in order: split, id, image path as written, captions,
   * negatives, and the SHA-256 of the image file (its size instead, where `check: 'first'`
   * left the file unread). Preprocessing is not part of it.
   */
  readonly fingerprint: string;
  /** What was damaged, and what became of it. Placeholders used later on are added to it. */
  readonly report: RejectReport;
  readonly tokenizer: Tokenizer;
  readonly imageSize: number;
  readonly maxTokens: number;
}

/** Longest text unless told otherwise. */
const defaultMaxTokens = 64;

/**
 * Reads a captions file and its images: {@link LoadPairsOptions} says how.
 *
 * @throws DataError when the captions file is missing, holds no captions, or its first records
 *   are all damaged; when an image file is missing (`missing: 'fail'`); when a split has no
 *   usable record left; with `policy: 'fail'` for the first damaged sample
 * @throws ConfigError for an option out of range, or without a tokenizer library
 */
export async function loadPairs(options: LoadPairsOptions): Promise<PairDataset> {
  checkLoadOptions(options);
  const tokenizer =
    typeof options.tokenizer === 'string'
      ? await loadTokenizer(options.tokenizer)
      : options.tokenizer;
  const preprocessing: Preprocessing = {
    imageSize: options.imageSize ?? defaultImageSize,
    normalise: options.normalise ?? imagenetNormalisation,
    tokenizer,
    maxTokens: options.maxTokens ?? defaultMaxTokens,
    concurrency: options.concurrency ?? 8,
  };
  checkMaxTokens(preprocessing.maxTokens, tokenizer);

  const rows = await readRows(options.captions, options);
  const { samples, bad } = toSamples(rows, options.captions);
  const [firstBad] = bad;
  if (firstBad !== undefined) {
    const eager = rows.slice(0, eagerCount);
    const hopeless = eager.every((row) => 'error' in row);
    if (options.policy === 'fail' || hopeless) throw firstBad.error;
  }
  const rejects: Reject[] = bad.map(({ key, error }) => ({
    key,
    error,
    reason: 'record',
    action: 'skipped',
  }));

  const pictures = new Pictures(
    { ...options, size: preprocessing.imageSize },
    options.cacheBytes ?? 2 ** 30,
    options.policy === 'placeholder'
      ? {
          picture: meanPicture(preprocessing.imageSize, preprocessing.normalise),
          onUse: (sample, error) => {
            const reject = toReject(sample, 'damaged-image', error, options.policy);
            if (!rejects.some(({ key }) => key === reject.key)) rejects.push(reject);
          },
        }
      : undefined,
  );
  const there = await findImages(samples, options, preprocessing.concurrency);
  const checked = await checkImages(there, pictures, options, preprocessing.concurrency);

  const splits = new Map<string, Sample[]>(samples.map(({ split }) => [split, []]));
  const hash = createHash('sha256');
  for (const { sample, digest, reject } of checked) {
    if (reject !== undefined) rejects.push(reject);
    if (reject?.action === 'skipped') continue;
    splits.get(sample.split)?.push(sample);
    const { split, id, image, captions, negatives } = sample;
    hash.update(`${JSON.stringify([split, id, image, captions, negatives, digest])}\n`);
  }
  rejects.sort((a, b) => lineOf(a) - lineOf(b));
  return {
    ...assemble(options.captions, splits, rejects, pictures, preprocessing),
    fingerprint: `sha256:${hash.digest('hex')}`,
    report: { rows: rows.length, rejects },
    tokenizer,
    imageSize: preprocessing.imageSize,
    maxTokens: preprocessing.maxTokens,
  };
}

interface Checked {
  readonly sample: Sample;
  /** Of the image file. */
  readonly digest: string;
  readonly reject?: Reject;
}

/** Looks for every image file before any is decoded, so that a wrong folder is known at once. */
async function findImages(
  samples: readonly Sample[],
  { missing = 'fail', policy }: LoadPairsOptions,
  concurrency: number,
): Promise<Checked[]> {
  const found = await mapConcurrently(samples, concurrency, async (sample): Promise<Checked> => {
    try {
      const file = await stat(sample.path);
      if (file.isFile()) return { sample, digest: `${file.size} bytes` };
      return toMissing(sample, new Error('not a file'), policy);
    } catch (cause) {
      return toMissing(sample, cause, policy);
    }
  });
  const absent = found.filter(({ reject }) => reject !== undefined);
  const first = absent[0]?.reject?.error;
  if (first === undefined) return found;
  if (missing === 'fail' && absent.length > 1) {
    throw new DataError(`${absent.length} of ${samples.length} image files are missing`, {
      where: first.where,
      expected: first.expected,
      got: first.got,
      advice: first.advice,
      cause: first,
    });
  }
  if (missing === 'fail' || policy === 'fail' || absent.length === samples.length) throw first;
  return found;
}

function toMissing(sample: Sample, cause: unknown, policy: LoadPairsOptions['policy']): Checked {
  const error = missingImage(sample, cause);
  return { sample, digest: 'missing', reject: toReject(sample, 'missing-image', error, policy) };
}

/** Decodes the first records, then (unless `check` is `first`) all others. */
async function checkImages(
  found: readonly Checked[],
  pictures: Pictures,
  { check = 'decode', policy, onProgress }: LoadPairsOptions,
  concurrency: number,
): Promise<Checked[]> {
  const total = check === 'first' ? Math.min(eagerCount, found.length) : found.length;
  let done = 0;
  let failed = false;
  const examine = async (known: Checked): Promise<Checked> => {
    if (known.reject !== undefined || (failed && policy === 'fail')) return known;
    const { digest, error } = await pictures.check(known.sample);
    failed ||= error !== undefined;
    onProgress?.(++done, total);
    if (error === undefined) return { sample: known.sample, digest };
    return { ...known, digest, reject: toReject(known.sample, 'damaged-image', error, policy) };
  };
  const examineAll = async (some: readonly Checked[]): Promise<Checked[]> => {
    const checked = await mapConcurrently(some, concurrency, examine);
    for (const [i, { sample, reject }] of checked.entries()) {
      if (reject?.reason !== 'damaged-image') continue;
      // libvips keeps one list of messages for all threads: only alone does a picture get its own.
      const { digest, error } = await pictures.check(sample);
      if (error !== undefined && policy === 'fail') throw error;
      checked[i] =
        error === undefined
          ? { sample, digest }
          : { sample, digest, reject: toReject(sample, 'damaged-image', error, policy) };
    }
    return checked;
  };
  const eager = await examineAll(found.slice(0, eagerCount));
  const [first] = eager;
  if (first?.reject !== undefined && eager.every(({ reject }) => reject !== undefined)) {
    throw first.reject.error;
  }
  const rest = found.slice(eagerCount);
  return [...eager, ...(check === 'first' ? rest : await examineAll(rest))];
}

function toReject(
  sample: Sample,
  reason: Reject['reason'],
  error: DataError,
  policy: LoadPairsOptions['policy'],
): Reject {
  const key = `${sample.where} (${sample.image})`;
  return { key, reason, error, action: policy === 'placeholder' ? 'placeholder' : 'skipped' };
}

function assemble(
  captions: string,
  samples: ReadonlyMap<string, readonly Sample[]>,
  rejects: readonly Reject[],
  pictures: Pictures,
  preprocessing: Preprocessing,
): Pick<PairDataset, 'splits' | 'split'> {
  const splits: Record<string, PairSplit> = {};
  for (const [name, ofSplit] of samples) {
    if (ofSplit.length === 0) {
      throw new DataError(`the split "${name}" has no usable record`, {
        where: basename(captions),
        got: `${rejects.length} damaged samples, the first: ${rejects[0]?.error.message ?? ''}`,
        advice: 'Mend the files, or remove the split from the captions file.',
      });
    }
    splits[name] = new FileSplit(name, ofSplit, pictures, preprocessing);
  }
  return {
    splits,
    split: (name) => {
      if (Object.hasOwn(splits, name)) return splits[name] as PairSplit;
      const names = Object.keys(splits);
      const near = nearestName(name, names);
      throw new DataError(`the split "${name}" is empty: no record belongs to it`, {
        where: basename(captions),
        expected: `one of ${names.join(', ')}`,
        got: name,
        ...(near !== undefined && { advice: `Did you mean "${near}"?` }),
      });
    },
  };
}

/** The colour that becomes (nearly) zero when normalised. */
function meanPicture(size: number, { mean }: Normalisation): Uint8Array {
  const colour = mean.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255));
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => colour[i % 3] ?? 0);
}

/** Keys end in the line, before the image's path. */
function lineOf({ key }: Reject): number {
  return Number(/:(\d+)(?: \(|$)/.exec(key)?.[1] ?? 0);
}
