import { Tensor, dispose, tidy } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  inference,
  type Encoder,
  type FrozenEncoder,
  type PairRecord,
  type PairSplit,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { fingerprint } from './fingerprint';
import { FeatureTable } from './table';

/** A tower and its parameters (paths without the tower's prefix). */
export interface Tower<Input> {
  readonly encoder: Encoder<Input, PooledFeatures>;
  readonly params: Params;
}

export interface EncodeOptions<Image, Text> {
  readonly split: PairSplit<Image, Text>;
  readonly image: Tower<Image> | FrozenEncoder<Image>;
  readonly text: Tower<Text> | FrozenEncoder<Text>;
  /** Inputs a pass. Default 64. */
  readonly batchSize?: number;
  readonly onProgress?: (progress: EncodeProgress) => void;
  readonly signal?: AbortSignal;
}

export interface EncodeProgress {
  readonly side: 'image' | 'text';
  readonly done: number;
  readonly total: number;
}

/** A split's features, encoded once. */
export interface FeatureCache {
  /** The split's name. */
  readonly name: string;
  readonly records: readonly PairRecord[];
  /** Row i is record i. */
  readonly images: FeatureTable;
  /** Every distinct caption and negative. */
  readonly texts: FeatureTable;
  /** @throws DataError when the caption was not encoded. */
  textRow(caption: string): number;
  /** SHA-256 over records and summaries: changes with data, preprocessing and weights alike. */
  readonly fingerprint: string;
}

/**
 * Runs frozen towers, or encoders that another runtime computes, over all images and over all
 * distinct captions and negatives of a split, and keeps the features in memory.
 *
 * @throws DataError for an empty split, the signal's reason when aborted.
 */
export async function encodeSplit<Image, Text>(
  options: EncodeOptions<Image, Text>,
): Promise<FeatureCache> {
  const { split, image, text, batchSize = 64, onProgress, signal } = options;
  const { records } = split;
  if (records.length === 0) {
    throw new DataError(`the split "${split.name}" has no pair`, { where: 'encodeSplit' });
  }
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new ConfigError('batchSize is out of range', {
      where: 'encodeSplit',
      expected: 'a whole number, 1 or more',
      got: batchSize,
    });
  }
  const encode = async <Input>(
    side: 'image' | 'text',
    tower: Tower<Input> | FrozenEncoder<Input>,
    total: number,
    load: (rows: readonly number[]) => Input | Promise<Input>,
  ): Promise<FeatureTable> => {
    const { features: spec } = 'encode' in tower ? tower : tower.encoder;
    const table = new FeatureTable(spec.dim);
    const size = Math.min(batchSize, total);
    for (let from = 0; from < total; from += size) {
      signal?.throwIfAborted();
      const count = Math.min(size, total - from);
      // The last pass is filled up with its last row: one shape throughout.
      const rows = Array.from({ length: size }, (_, i) => from + Math.min(i, count - 1));
      const input = await load(rows);
      const features =
        'encode' in tower
          ? await tower.encode(input)
          : tidy(() => ({ ...tower.encoder.apply(tower.params, input, inference) }));
      await table.append(features, count);
      disposeTensors(features);
      disposeTensors(input);
      onProgress?.({ side, done: from + count, total });
    }
    return table;
  };

  const captions = distinctCaptions(records);
  const images = await encode('image', image, records.length, (rows) => split.images(rows));
  const texts = await encode('text', text, captions.length, (rows) =>
    split.texts(rows.map((row) => captions[row]!)),
  );
  const rowOf = new Map(captions.map((caption, row) => [caption, row]));
  return {
    name: split.name,
    records,
    images,
    texts,
    textRow(caption) {
      const row = rowOf.get(caption);
      if (row !== undefined) return row;
      throw new DataError(`the caption "${caption}" is not in the split "${split.name}"`, {
        where: 'FeatureCache.textRow',
      });
    },
    fingerprint: fingerprint(records, [images, texts]),
  };
}

function distinctCaptions(records: readonly PairRecord[]): string[] {
  const seen = new Set<string>();
  for (const record of records) {
    for (const caption of record.captions) seen.add(caption);
    for (const negative of record.negatives?.flat() ?? []) seen.add(negative.caption);
  }
  return [...seen];
}

/** Disposes a tensor, or the tensors of a plain record of them. */
export function disposeTensors(value: unknown): void {
  if (value instanceof Tensor) value.dispose();
  else if (typeof value === 'object' && value !== null) {
    dispose(Object.values(value).filter((part) => part instanceof Tensor));
  }
}
