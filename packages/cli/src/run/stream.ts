import { key as keyOf, type BatchSource } from '@crossweave/core';
import {
  streamBatches,
  streamPairs,
  type PairStream,
  type StreamPosition,
  type StreamReport,
  type TokenisedPairs,
} from '@crossweave/data';
import { sourceOf } from '../config/open-data';
import type { TrainConfig } from '../config/schema';

/** The streamed training pairs of a config. */
export interface TrainingStream {
  readonly files: readonly string[];
  /** Of the files, as `PairStream.fingerprint`. */
  readonly fingerprint: string;
  /** What this process has read so far. */
  readonly report: StreamReport;
  /** Passes over the data that have begun, the current one among them. */
  readonly pass: () => number;
  readonly batches: BatchSource;
}

/** How a stream of a config is read, where that is not as `data` says for all pairs. */
type Reading = Pick<Parameters<typeof streamPairs>[0], 'shuffle' | 'prefetch' | 'workers'>;

const shared = ['columns', 'text', 'labels', 'format', 'images'] as const;
const ofText = ['delimiter', 'quote', 'escape', 'encoding'] as const;
const others = ['policy', 'maxRejects', 'background', 'maxPixels', 'svg', 'augment'] as const;

/** A run is one epoch of training: passes over the data follow one another as long as it lasts. */
const endless = 2 ** 31 - 1;

/**
 * Opens the stream that a config names, with the preprocessing and the tokenizer of the pairs that are held.
 *
 * @throws what `streamPairs` does
 */
export async function openStream(
  config: TrainConfig,
  pairs: TokenisedPairs,
  signal: AbortSignal,
): Promise<TrainingStream> {
  const { shuffle, prefetch } = config.data.stream!;
  const stream = await streamOf(config, pairs, signal, {
    ...{ shuffle, prefetch },
    ...(config.data.workers !== undefined && { workers: config.data.workers }),
  });
  let pass = 1;
  const batches = streamBatches(stream, { batchesPerEpoch: endless });
  return {
    files: stream.files,
    fingerprint: await stream.fingerprint(),
    report: stream.report,
    pass: () => pass,
    batches: {
      ...batches,
      async *batches(epoch, from, after) {
        for await (const batch of batches.batches(epoch, from, after)) {
          pass = (batch.position as StreamPosition).epoch + 1;
          yield batch;
        }
      },
    },
  };
}

/**
 * The first batch of the stream, by which a step is tried: in the order of the files, so that nothing is read
 * beyond it.
 */
export async function firstOfStream(
  config: TrainConfig,
  pairs: TokenisedPairs,
  signal: AbortSignal,
): Promise<BatchSource> {
  const stream = await streamOf(config, pairs, signal, { shuffle: 0, prefetch: 1, workers: 0 });
  return streamBatches(stream, { batchesPerEpoch: 1 });
}

function streamOf(
  { data, training, seed }: TrainConfig,
  { tokenizer, maxTokens, preprocessing }: TokenisedPairs,
  signal: AbortSignal,
  reading: Reading,
): Promise<PairStream> {
  const { source } = data.stream!;
  const given = [...shared, ...ofText, ...others].flatMap((name) =>
    data[name] === undefined ? [] : [[name, data[name]] as const],
  );
  return streamPairs({
    ...(Object.fromEntries(given) as object),
    ...reading,
    source: typeof source === 'string' ? sourceOf(source) : source.map(sourceOf),
    only: data.train,
    split: data.train,
    ...{ tokenizer, maxTokens, preprocessing, signal },
    batchSize: training.batchSize,
    negatives: training.negatives,
    key: keyOf(seed),
  });
}

/** Where a stream stands, for a line of progress. */
export function describeStream({ pass, report }: TrainingStream): string {
  const { count } = report.rejects;
  return `pass ${pass()} over the stream${count === 0 ? '' : `, ${count} damaged rows`}`;
}

/** What this process read of a stream, as plain data. */
export function countsOf({ report }: TrainingStream): Readonly<Record<string, number>> {
  const { rows, samples, others, rejects } = report;
  return { rows, samples, others, rejected: rejects.count };
}

/** What of a stream a command tells in the end; undefined where there is nothing to tell. */
export function noteOfStream({ report }: TrainingStream): string | undefined {
  const { others, rejects } = report;
  const told = [
    ...(rejects.count > 0
      ? [`${rejects.count} damaged rows were left out, such as: ${rejects.first[0]!}`]
      : []),
    ...(others > 0 ? [`${others} rows of other splits were passed over`] : []),
  ];
  return told.length === 0 ? undefined : `Of ${report.rows} rows of the stream, ${told.join('; ')}`;
}
