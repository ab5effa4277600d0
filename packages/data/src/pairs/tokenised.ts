import { setImmediate } from 'node:timers/promises';
import type { PairSplit } from '@crossweave/core';
import { unlessAborted } from '@crossweave/core/node';
import type { Preprocessing } from '../image/preprocessing';
import { checkMaxTokens } from '../text/encode';
import type { Tokenizer } from '../text/tokenizer';
import { decodePairs, makeSplits, openPictures, type PairDataset } from './dataset';
import { findImages } from './images';
import type { ReadPairs } from './read-pairs';
import { byLine, requireFewRejects, type Reject } from './rejects';
import { reportSplits, type LoadReport } from './report';
import { distinctTexts, type DistinctSample } from './sameness';
import { preprocessingOf } from './options';
import type { SampleTensors } from './split';
import { splitNamed, type SplitTable } from './split-table';
import { Texts } from './texts';

/** Pairs of which all is known that can be without decoding a picture. */
export interface TokenisedPairs {
  /** By name, in the order in which the captions file names them; none is empty. */
  readonly splits: SplitTable<PairSplit>;
  /** The split of this name. @throws DataError that names the splits there are */
  split(name: string): PairSplit;
  /** What was damaged so far, and what is worth knowing of the captions. */
  readonly report: LoadReport;
  readonly tokenizer: Tokenizer;
  readonly imageSize: number;
  /** How pictures become tensors. */
  readonly preprocessing: Preprocessing;
  readonly maxTokens: number;
  /**
   * The third step: decodes the pictures (as many as `check` says), so that damage is known before
   * training starts.
   *
   * @throws DataError when too many pictures are damaged, a split has no usable record left, or
   *   splits share pictures; with `policy: 'fail'` for the first damaged picture
   */
  decode(): Promise<PairDataset>;
}

/** Longest text unless told otherwise. */
const defaultMaxTokens = 64;

export async function tokenisePairs(
  read: ReadPairs,
  tokenizer: Tokenizer,
): Promise<TokenisedPairs> {
  const { options } = read;
  const { name: captions } = read;
  const { policy, signal, maxRejects } = options;
  const maxTokens = options.maxTokens ?? defaultMaxTokens;
  checkMaxTokens('loadPairs', maxTokens, tokenizer);
  const preprocessing = preprocessingOf('loadPairs', options);
  const tensors: SampleTensors = {
    preprocessing,
    texts: new Texts(tokenizer, maxTokens),
    concurrency: options.concurrency ?? 8,
  };
  const distinct = await tokeniseSamples(read, tensors.texts);
  const falseNegatives = distinct.flatMap((sample) => sample.rejects);
  if (policy === 'fail' && falseNegatives[0] !== undefined) throw falseNegatives[0].error;
  const repeated = new Map<string, number>();
  for (const { sample, repeated: count } of distinct) {
    repeated.set(sample.split, (repeated.get(sample.split) ?? 0) + count);
  }
  const samples = distinct.map(({ sample }) => sample);
  const found = await unlessAborted(findImages(samples, options), signal);
  const rejects: Reject[] = [...read.rejects, ...falseNegatives];
  const absent = found.flatMap(({ reject }) => reject ?? []);
  const known = byLine([...rejects, ...absent]);
  requireFewRejects(known, read.rows, captions, maxRejects);

  const splits = makeSplits(
    found,
    openPictures(options, preprocessing, 0, () => undefined),
    tensors,
    captions,
  );
  return {
    splits,
    split: (name) => splitNamed(splits, name, captions, ({ records }) => records.length),
    report: {
      rows: read.rows,
      rejects: known,
      doubts: read.doubts,
      sharedPictures: read.sharedPictures,
      maxTokens,
      splits: reportSplits(splits, repeated, tensors.texts),
    },
    tokenizer,
    imageSize: preprocessing.size,
    preprocessing,
    maxTokens,
    decode: () => decodePairs({ read, found, rejects, repeated, tensors }),
  };
}

/** Texts are many and slow to tokenise: between some of them, signals are heard. */
const textsAtATime = 1000;

async function tokeniseSamples(
  { samples, options: { signal } }: ReadPairs,
  texts: Texts,
): Promise<DistinctSample[]> {
  const distinct: DistinctSample[] = [];
  let since = 0;
  for (const sample of samples) {
    distinct.push(distinctTexts(sample, (text) => texts.remember(text).identity));
    since += sample.captions.length + (sample.negatives?.flat().length ?? 0);
    if (since < textsAtATime) continue;
    since = 0;
    await setImmediate();
    signal?.throwIfAborted();
  }
  return distinct;
}
