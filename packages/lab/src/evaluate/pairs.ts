import { tidy } from '@tensorflow/tfjs-core';
import { inference, requireComplete, type Fusion, type Params } from '@crossweave/core';
import { checkOptions, count, type Checks } from '@crossweave/core/authoring';
import { unlessAborted } from '@crossweave/core/node';
import { abortSignal } from '../checks/checks';
import type { FeatureCache } from '../features/encode-split';
import { disposeTensors } from '../features/encoder-fingerprint';
import type { FeatureTable } from '../features/table';
import { pause } from '../features/pause';

/** A fusion and its parameters (paths without `fusion.`). */
export interface FittedFusion {
  readonly fusion: Fusion;
  readonly params: Params;
}

/** Row of an image with row of a text, of a cache's tables. */
export type Pair = readonly [image: number, text: number];

export interface ScoringOptions {
  /** Pairs or rows a pass. Default 128. */
  readonly chunk?: number;
  readonly signal?: AbortSignal;
}

export const scoringChecks: Checks<ScoringOptions> = { chunk: count(), signal: abortSignal() };

/**
 * Matching scores of pairs, fused jointly in chunks of one shape: what bounds the memory.
 *
 * @throws ConfigError for an option out of range, the signal's reason when aborted.
 */
export async function scorePairs(
  fitted: FittedFusion,
  cache: FeatureCache,
  pairs: readonly Pair[],
  options: ScoringOptions = {},
): Promise<Float32Array> {
  checkOptions('scorePairs', options, scoringChecks);
  return scoreEach(fitted, cache, pairs.length, (i) => pairs[i]!, options);
}

/** The same of `total` pairs that are named as they are needed: no list of them has to exist. */
async function scoreEach(
  { fusion, params }: FittedFusion,
  cache: FeatureCache,
  total: number,
  pairAt: (i: number) => Pair,
  options: ScoringOptions,
): Promise<Float32Array> {
  const scores = new Float32Array(total);
  await inChunks(total, options, async (rows, from, count) => {
    const pairs = rows.map(pairAt);
    const image = cache.imageTable.gather(pairs.map(([row]) => row));
    const text = cache.textTable.gather(pairs.map(([, row]) => row));
    requireComplete(fusion, image, text);
    const match = tidy(() => fusion.fuse(params, image, text, inference).match);
    scores.set((await match.data()).subarray(0, count), from);
    [image, text, match].forEach(disposeTensors);
  });
  return scores;
}

/**
 * Every image of the cache against the texts of these rows, [images × texts] row by row: products
 * of embeddings for a separable fusion (cosines, each row embedded once), a pass a pair for a joint
 * one. At most `chunk` rows or pairs are tensors at a time, so only the scores grow with
 * images · texts.
 */
export async function scoreAll(
  fitted: FittedFusion,
  cache: FeatureCache,
  textRows: readonly number[],
  options: ScoringOptions = {},
): Promise<Float32Array> {
  checkOptions('scoreAll', options, scoringChecks);
  const imageRows = Array.from({ length: cache.imageTable.rows }, (_, row) => row);
  const [images, texts] = [imageRows.length, textRows.length];
  if (fitted.fusion.embed === undefined) {
    const pairAt = (i: number): Pair => [Math.floor(i / texts), textRows[i % texts]!];
    return scoreEach(fitted, cache, images * texts, pairAt, options);
  }
  const image = await embedRows(fitted, 'image', cache.imageTable, imageRows, options);
  const text = await embedRows(fitted, 'text', cache.textTable, textRows, options);
  const scores = new Float32Array(images * texts);
  for (let i = 0; i < images; i++) {
    await pause(options.signal);
    scoreRow(image, i, text, scores.subarray(i * texts, (i + 1) * texts));
  }
  return scores;
}

/** Embeddings of one side, [rows, width] row by row. */
export interface EmbeddedRows {
  readonly values: Float32Array;
  readonly width: number;
}

/** Writes the products of row `i` of one side with every row of the other, in single precision. */
export function scoreRow(
  queries: EmbeddedRows,
  i: number,
  candidates: EmbeddedRows,
  out: Float32Array | Float64Array,
): void {
  const { values: a, width } = queries;
  const { values: b } = candidates;
  for (let j = 0; j < out.length; j++) {
    let dot = 0;
    for (let d = 0; d < width; d++) dot += a[i * width + d]! * b[j * width + d]!;
    out[j] = Math.fround(dot);
  }
}

/** The embeddings of rows of one side, at most `chunk` of them tensors at a time. */
export async function embedRows(
  { fusion, params }: FittedFusion,
  side: 'image' | 'text',
  table: FeatureTable,
  wanted: readonly number[],
  options: ScoringOptions,
): Promise<EmbeddedRows> {
  let out = new Float32Array(0);
  await inChunks(wanted.length, options, async (rows, from, count) => {
    const features = table.gather(rows.map((row) => wanted[row]!));
    requireComplete(fusion, features);
    const embedded = tidy(() => fusion.embed!(params, side, features, inference));
    const width = embedded.shape[1];
    if (out.length === 0) out = new Float32Array(wanted.length * width);
    out.set((await embedded.data()).subarray(0, count * width), from * width);
    [features, embedded].forEach(disposeTensors);
  });
  return { values: out, width: out.length / wanted.length };
}

/** Calls `work` with the rows of each chunk; the last is filled up with its last row (`real` are not). */
export async function inChunks(
  total: number,
  { chunk = 128, signal }: ScoringOptions,
  work: (rows: readonly number[], from: number, real: number) => Promise<void>,
): Promise<void> {
  const size = Math.min(chunk, total);
  for (let from = 0; from < total; from += size) {
    await pause(signal);
    const real = Math.min(size, total - from);
    const rows = Array.from({ length: size }, (_, i) => from + Math.min(i, real - 1));
    // The engine may be compiling, which cannot be stopped: the batch is left to finish in the background.
    await unlessAborted(work(rows, from, real), signal);
  }
}
