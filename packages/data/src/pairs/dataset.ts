import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { DataError, type PairSplit } from '@crossweave/core';
import { decodeOptionsOf, type Preprocessing } from '../image/preprocessing';
import type { Tokenizer } from '../text/tokenizer';
import { unlessAborted } from '@crossweave/core/node';
import { checkImages, type Checked } from './images';
import { meanPicture } from './mean-picture';
import { findCopies, withCopies } from './copies';
import { findNearCopies } from './near-copies';
import type { OpenPairsOptions } from './options';
import { threadsFor } from '../loading/picture-threads';
import { Pictures, type Placeholder } from './pictures';
import type { ReadPairs } from './read-pairs';
import { byLine, rejectImage, requireFewRejects, type Reject } from './rejects';
import { reportSplits, type LoadReport } from './report';
import type { ReadSample } from './samples';
import { findShared, refuseShared } from './shared-pictures';
import { FileSplit, type SampleTensors } from './split';
import { groupBySplit, splitNamed, type SplitTable } from './split-table';

/** Pairs on disk, ready for batches. */
export interface PairDataset {
  /** By name, in the order in which the captions file names them; none is empty. */
  readonly splits: SplitTable<PairSplit>;
  /** The split of this name. @throws DataError that names the splits there are */
  split(name: string): PairSplit;
  /**
   * SHA-256 over every accepted record in order: split, id, image path as written, captions,
   * negatives, labels and group where there are any, and the SHA-256 of the image file (its size instead, where `check: 'first'`
   * left the file unread). Tokenizer and preprocessing are not part of it.
   */
  readonly fingerprint: string;
  /** What was damaged, and what became of it. Placeholders used later on are added to it. */
  readonly report: LoadReport;
  readonly tokenizer: Tokenizer;
  readonly imageSize: number;
  /** How pictures become tensors. */
  readonly preprocessing: Preprocessing;
  readonly maxTokens: number;
}

/** What is known of the pairs before their pictures are decoded. */
export interface DecodeInput {
  readonly read: ReadPairs;
  /** In the order of `read.samples`. */
  readonly found: readonly Checked[];
  /** Of rows and negatives. */
  readonly rejects: readonly Reject[];
  /** By split, the captions that were left out as repetitions. */
  readonly repeated: ReadonlyMap<string, number>;
  readonly tensors: SampleTensors;
}

export async function decodePairs({
  read,
  found,
  rejects: earlier,
  repeated,
  tensors,
}: DecodeInput): Promise<PairDataset> {
  const { options, rows } = read;
  const { name: captions } = read;
  const { maxRejects, signal, sharedPictures = 'refuse' } = options;
  const rejects: Reject[] = [];
  const replaced = new Set<string>();
  const pictures = openPictures(options, tensors.preprocessing, found.length, (reject) => {
    if (!replaced.has(reject.key)) rejects.push(reject);
    replaced.add(reject.key);
  });
  const checked = await unlessAborted(checkImages(found, pictures, options), signal);
  for (const reject of byLine([...earlier, ...checked.flatMap((known) => known.reject ?? [])])) {
    rejects.push(reject);
    if (reject.action === 'placeholder') replaced.add(reject.key);
  }
  const splits = makeSplits(checked, pictures, tensors, captions);
  requireFewRejects(rejects, rows, captions, maxRejects);

  const known = new Map(checked.map((each) => [each.sample, each]));
  const bytesOf = (sample: ReadSample): string | undefined => {
    const { read: wasRead = false, digest } = known.get(sample) ?? {};
    return wasRead ? digest : undefined;
  };
  const shared = findShared(accepted(checked), 'content', bytesOf);
  if (sharedPictures === 'refuse') refuseShared(shared, captions, splits);
  shared.push(...findNearCopies(checked));
  const { texts, preprocessing } = tensors;
  return {
    splits,
    split: (name) => splitNamed(splits, name, captions, ({ records }) => records.length),
    fingerprint: fingerprint(read.samples, checked),
    report: {
      rows,
      rejects,
      doubts: read.doubts,
      sharedPictures: [...read.sharedPictures, ...shared],
      maxTokens: texts.maxTokens,
      splits: withCopies(
        reportSplits(splits, repeated, texts),
        findCopies(accepted(checked), bytesOf),
      ),
    },
    tokenizer: texts.tokenizer,
    imageSize: preprocessing.size,
    preprocessing,
    maxTokens: texts.maxTokens,
  };
}

/**
 * @param count pictures that there are
 * @param onPlaceholder called each time a placeholder stands in for a damaged picture
 */
export function openPictures(
  options: OpenPairsOptions,
  preprocessing: Preprocessing,
  count: number,
  onPlaceholder: (reject: Reject) => void,
): Pictures {
  const { policy, cacheBytes = 2 ** 30, pictureStore: store, workers } = options;
  const placeholder: Placeholder = {
    picture: meanPicture(preprocessing),
    onUse: (sample, error) => {
      onPlaceholder(rejectImage({ ...sample, rows: 0 }, 'damaged-image', error, policy));
    },
  };
  return new Pictures(
    { ...options, ...decodeOptionsOf(preprocessing) },
    {
      cacheBytes,
      store,
      threads: threadsFor(count, workers),
      ...(policy === 'placeholder' && { placeholder }),
    },
  );
}

/** @throws DataError when a split has no usable record */
export function makeSplits(
  checked: readonly Checked[],
  pictures: Pictures,
  tensors: SampleTensors,
  captions: string,
): SplitTable<PairSplit> {
  const all = groupBySplit(checked.map(({ sample }) => sample));
  const usable = groupBySplit(accepted(checked));
  return Object.fromEntries(
    Array.from(all.keys(), (name) => {
      const samples = usable.get(name);
      if (samples === undefined) throw emptySplit(name, checked, captions);
      return [name, new FileSplit(name, samples, pictures, tensors)];
    }),
  );
}

function accepted(checked: readonly Checked[]): ReadSample[] {
  return checked.flatMap(({ sample, reject }) => (reject?.action === 'skipped' ? [] : [sample]));
}

function emptySplit(name: string, checked: readonly Checked[], captions: string): DataError {
  const rejects = checked.flatMap(({ sample, reject }) =>
    sample.split === name && reject !== undefined ? [reject] : [],
  );
  return new DataError(`the split "${name}" has no usable record`, {
    where: basename(captions),
    got: `${rejects.length} damaged samples, the first: ${rejects[0]?.error.summary ?? ''}`,
    advice: 'Mend the files, or remove the split from the captions file.',
    cause: rejects[0]?.error,
  });
}

function fingerprint(samples: readonly ReadSample[], checked: readonly Checked[]): string {
  const hash = createHash('sha256');
  checked.forEach(({ digest, reject }, i) => {
    if (reject?.action === 'skipped') return;
    const { split, id, image, captions, negatives, labels, group } = samples[i]!;
    const known: unknown[] = [split, id, image, captions, negatives, digest];
    if (labels !== undefined || group !== undefined) known.push(labels, group);
    hash.update(`${JSON.stringify(known)}\n`);
  });
  return `sha256:${hash.digest('hex')}`;
}
