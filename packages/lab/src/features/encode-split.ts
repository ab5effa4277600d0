import { Tensor, dispose, tidy } from '@tensorflow/tfjs-core';
import {
  DataError,
  inference,
  type Encoder,
  type Features,
  type FrozenEncoder,
  type PairSplit,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { callback, checkOptions, count, having, type Check } from '@crossweave/core/authoring';
import { abortSignal, pairSplit } from '../checks/checks';
import { pause } from './pause';
import { fingerprint } from './fingerprint';
import { FeatureTable } from './table';
import { textsOf } from './texts';

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

/**
 * A split's features, encoded once. It is a split itself, whose images and texts are features, so
 * `pairBatches` of @crossweave/data serves it as it serves pictures.
 */
export interface FeatureCache extends PairSplit<Features, Features> {
  /** Row i is record i. */
  readonly imageTable: FeatureTable;
  /** Every distinct text among captions and negatives: those of equal identity share a row. */
  readonly textTable: FeatureTable;
  /** @throws DataError when no caption of its identity was encoded. */
  readonly textRow: (caption: string) => number;
  /** SHA-256 over records and summaries: changes with data, preprocessing and weights alike. */
  readonly fingerprint: string;
}

/**
 * Runs frozen towers, or encoders that another runtime computes, over all images and over all
 * distinct captions and negatives of a split, and keeps the features in memory.
 *
 * @throws ConfigError for an option out of range; DataError for an empty split, and for a false
 * caption that is true of its image; the signal's reason when aborted.
 */
export async function encodeSplit<Image, Text>(
  options: EncodeOptions<Image, Text>,
): Promise<FeatureCache> {
  checkOptions(
    where,
    options,
    {
      split: pairSplit(),
      image: tower(),
      text: tower(),
      batchSize: count(),
      onProgress: callback(),
      signal: abortSignal(),
    },
    ['split', 'image', 'text'],
  );
  const { split, image, text, batchSize = 64, onProgress, signal } = options;
  const { records } = split;
  const { captions, identityOf } = textsOf(where, split);
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
      await pause(signal);
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

  const imageTable = await encode('image', image, records.length, (rows) => split.images(rows));
  const textTable = await encode('text', text, captions.length, (rows) =>
    split.texts(rows.map((row) => captions[row]!)),
  );
  const rowOf = new Map(captions.map((caption, row) => [identityOf(caption), row]));
  const textRow = (caption: string): number => {
    const row = rowOf.get(identityOf(caption));
    if (row !== undefined) return row;
    throw new DataError(`the caption "${caption}" is not in the split "${split.name}"`, {
      where: 'FeatureCache.textRow',
    });
  };
  return {
    name: split.name,
    records,
    imageTable,
    textTable,
    images: (rows) => Promise.resolve(imageTable.gather(rows)),
    texts: (captions) => textTable.gather(captions.map(textRow)),
    textRow,
    textIdentity: identityOf,
    fingerprint: fingerprint(records, [imageTable, textTable]),
  };
}

const where = 'encodeSplit';

/** A tower with its parameters, or an encoder that another runtime computes. */
function tower(): Check {
  const [frozen, encoder] = [having('', 'encode'), having('', 'init', 'apply')];
  return {
    expected: '{ encoder, params } or a FrozenEncoder',
    accepts: (value) =>
      frozen.accepts(value) ||
      (typeof value === 'object' &&
        value !== null &&
        'params' in value &&
        typeof value.params === 'object' &&
        'encoder' in value &&
        encoder.accepts(value.encoder)),
  };
}

/** Disposes a tensor, or the tensors of a plain record of them. */
export function disposeTensors(value: unknown): void {
  if (value instanceof Tensor) value.dispose();
  else if (typeof value === 'object' && value !== null) {
    dispose(Object.values(value).filter((part) => part instanceof Tensor));
  }
}
