import { DataError, foldIn, type Batch } from '@crossweave/core';
import { checkOptions, number, requireValue } from '@crossweave/core/authoring';
import { datasetChecks } from '../forms/open-dataset';
import { recognise } from '../forms/recognise';
import { normaliseImages } from '../image/normalise';
import {
  decodeOptionsOf,
  defaultPreprocessing,
  requirePreprocessing,
} from '../image/preprocessing';
import { threadsFor } from '../loading/picture-threads';
import { augmentPair, requireBounds, type AugmentedPair } from '../pairs/augmentation';
import { drawPair, sampleKey } from '../pairs/draw';
import { Pictures, type Sample } from '../pairs/pictures';
import { Texts } from '../pairs/texts';
import type { Row } from '../records/record';
import { checkMaxTokens } from '../text/encode';
import { loadTokenizer } from '../text/load';
import { mapAhead } from './ahead';
import { fingerprintFiles } from './fingerprint';
import { streamChecks, type StreamPairsOptions } from './options';
import { hasBegun, positionCheck, startOf, type StreamPosition } from './position';
import { StreamCounts, type StreamReport } from './report';
import { rowsInOrder, type StreamedRow } from './windows';

export interface StreamedBatch {
  readonly batch: Batch;
  /** Given to `batches` later on, by another process too, the stream goes on after this batch. */
  readonly position: StreamPosition;
}

/** Pairs that are read while they are used: data too large to hold, or to look through before. */
export interface PairStream {
  /**
   * The batches of an epoch (its number), or of the rest of one (a position). What a batch holds
   * depends on the key, the epoch and the data alone. What is read and decoded ahead is bounded by
   * `shuffle` and `prefetch`, however slowly batches are taken; ending the loop ends all of it.
   *
   * @throws DataError for a shard that is damaged as a whole, for too many damaged rows, with
   *   `policy: 'fail'` for the first; the reason of `signal`
   */
  batches(from: number | StreamPosition): AsyncGenerator<StreamedBatch, void, undefined>;
  /** B, of every batch. */
  readonly batchSize: number;
  /** Files, folders and addresses that are read, in the order of their names in `source`. */
  readonly files: readonly string[];
  /**
   * SHA-256 over the files' names, lengths and first 64 KiB, as `sha256:…`: what tells the data from
   * other data without reading all of it. Of addresses and folders the name alone.
   *
   * @throws DataError for a file that cannot be read
   */
  fingerprint(): Promise<string>;
  /** What all loops together have read so far. */
  readonly report: StreamReport;
}

/** A row that is ready for a batch. */
interface Ready {
  readonly sample: Sample;
  readonly pair: AugmentedPair;
  readonly picture: Uint8Array;
  readonly after: StreamPosition;
}

const where = 'streamPairs';
const defaultMaxTokens = 64;

/**
 * Opens pairs as a stream. Memory does not grow with the data.
 *
 * ```ts
 * const stream = await streamPairs({ source: 'train-{000..099}.tar', tokenizer, batchSize: 64, key: key(0) });
 * for await (const { batch, position } of stream.batches(epoch)) {
 *   // … train; keep `position` beside the checkpoint …
 * }
 * ```
 *
 * @throws DataError when nothing is there; ConfigError for a wrong option
 */
export async function streamPairs(options: StreamPairsOptions): Promise<PairStream> {
  checkOptions(where, options, streamChecks, ['source', 'tokenizer', 'batchSize', 'key']);
  const {
    source,
    key,
    policy = 'skip',
    signal,
    augment = {},
    negatives = 0,
    prefetch = 2,
  } = options;
  const { preprocessing = defaultPreprocessing, maxTokens = defaultMaxTokens } = options;
  requirePreprocessing(where, preprocessing);
  requireBounds(where, augment);
  const tokenizer =
    typeof options.tokenizer === 'string'
      ? await loadTokenizer(options.tokenizer)
      : options.tokenizer;
  checkMaxTokens(where, maxTokens, tokenizer);
  const { files } = await recognise(source, options.format);
  const counts = new StreamCounts(files[0]!, options.maxRejects ?? 0.05);
  const shuffle = options.shuffle ?? 4096;
  const texts = new Texts(tokenizer, maxTokens, 2 * shuffle);
  const pictures = new Pictures(
    { ...options, ...decodeOptionsOf(preprocessing) },
    { cacheBytes: 0, threads: threadsFor(Number.POSITIVE_INFINITY, options.workers) },
  );
  const dataset = Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(datasetChecks, name)),
  );

  const ready = async ({ sample, after }: StreamedRow): Promise<Ready | DataError> => {
    signal?.throwIfAborted();
    if (sample instanceof DataError) return sample;
    try {
      requireNegatives(sample, negatives);
      const own = sampleKey(foldIn(key, after.epoch), sample.id);
      const drawn = drawPair(sample, own, options.captions ?? 'random', negatives);
      const pair = augmentPair(drawn, augment, foldIn(own, 'augment'));
      return { sample, pair, picture: await pictures.get(sample, pair.change), after };
    } catch (error) {
      if (error instanceof DataError) return error;
      throw error;
    }
  };

  const falseTexts = (
    captions: readonly string[],
  ): Pick<Batch, 'negatives' | 'negativeCaptions'> => ({
    negatives: texts.encode(captions),
    negativeCaptions: captions.map((caption) => texts.identity(caption)),
  });

  const toBatch = (rows: readonly Ready[]): Batch => {
    const labelled = rows.some(({ pair }) => pair.label !== undefined);
    return {
      size: rows.length,
      ids: rows.map(({ sample }) => sample.id),
      groups: rows.map(({ sample }) => sample.path),
      captions: rows.map(({ pair }) => texts.identity(pair.meaning)),
      ...(labelled && { labels: rows.map(({ pair }) => pair.label) }),
      image: normaliseImages(
        rows.map(({ picture }) => picture),
        preprocessing.size,
        preprocessing.normalise,
      ),
      text: texts.encode(rows.map(({ pair }) => pair.caption)),
      ...(negatives > 0 && falseTexts(rows.flatMap(({ pair }) => pair.negatives))),
    };
  };

  const passOver = (row: Row): boolean => {
    const other =
      options.only !== undefined && 'record' in row && row.record.split !== options.only;
    if (other) counts.others++;
    return other;
  };

  return {
    batchSize: options.batchSize,
    files,
    fingerprint: () => fingerprintFiles(files),
    report: counts,
    async *batches(from) {
      if (typeof from === 'number') requireValue(where, 'epoch', from, epochCheck);
      else requireValue(where, 'position', from, positionCheck);
      const start = typeof from === 'number' ? startOf(from) : from;
      const rows = rowsInOrder({ shards: files, dataset, shuffle, key, passOver }, start);
      let held: Ready[] = [];
      for await (const next of mapAhead(rows, prefetch * options.batchSize, ready)) {
        signal?.throwIfAborted();
        if (next instanceof DataError) {
          if (policy === 'fail') throw next;
          counts.reject(next);
          continue;
        }
        counts.samples++;
        held.push(next);
        if (held.length < options.batchSize) continue;
        const batch = toBatch(held);
        held = [];
        yield { batch, position: next.after };
      }
      counts.check(!hasBegun(start));
    },
  };
}

const epochCheck = number({ integer: true, min: 0 });

/** @throws DataError where negatives are wanted and there are none */
function requireNegatives({ captions, negatives, where: place }: Sample, wanted: number): void {
  if (wanted === 0) return;
  const lacking = captions.findIndex((_, i) => (negatives?.[i]?.length ?? 0) === 0);
  if (lacking < 0) return;
  throw new DataError('a caption has no hard negatives', {
    where: place,
    expected: 'at least one for every caption',
    got: captions[lacking],
    advice: 'Give the captions negatives, or ask for none (negatives: 0).',
  });
}
