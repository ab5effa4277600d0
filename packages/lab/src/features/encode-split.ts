import { DataError, type Features, type FrozenEncoder, type PairSplit } from '@crossweave/core';
import {
  callback,
  checkOptions,
  count,
  having,
  text as textOption,
  type Check,
} from '@crossweave/core/authoring';
import { identifiesImages } from '@crossweave/data';
import { abortSignal, pairSplit } from '../checks/checks';
import { encodeSide } from './encode-side';
import { disposeTensors, rowDigests, type Tower } from './encoder-fingerprint';
import { fingerprint } from './fingerprint';
import type { FeatureTable } from './table';
import { textsOf } from './texts';

export interface EncodeOptions<Image, Text> {
  readonly split: PairSplit<Image, Text>;
  readonly image: Tower<Image> | FrozenEncoder<Image>;
  readonly text: Tower<Text> | FrozenEncoder<Text>;
  /** Inputs a pass. Default 64. */
  readonly batchSize?: number;
  /**
   * Folder in which features are kept from run to run, by the encoder (weights, precision, and what it gives),
   * the image's bytes and its preprocessing, or the text's token ids; see `measureFeatureStore`.
   * Images are kept where the split tells them apart, as the splits of `loadPairs` do. Default: none.
   */
  readonly store?: string | undefined;
  readonly onProgress?: (progress: EncodeProgress) => void;
  readonly signal?: AbortSignal;
}

export interface EncodeProgress {
  readonly side: 'image' | 'text';
  readonly done: number;
  readonly total: number;
  /** Of those done, the ones whose features were in the store. */
  readonly stored: number;
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
 * distinct captions and negatives of a split, and keeps the features in memory. Of records with a
 * missing side, that side's features have `present` 0.
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
      store: textOption(),
      onProgress: callback(),
      signal: abortSignal(),
    },
    ['split', 'image', 'text'],
  );
  const { split, image, text, batchSize = 64, store, onProgress, signal } = options;
  const { records } = split;
  const { captions, identityOf } = textsOf(where, split);
  const textsAt = (rows: readonly number[]): Text => split.texts(rows.map((row) => captions[row]!));
  const common = { batchSize, store, signal };
  const imageTable = await encodeSide({
    ...common,
    tower: image,
    total: records.length,
    load: (rows) => split.images(rows),
    // Its numbers are not used, only its shape.
    example: () => split.images([0]),
    missing: (row) => records[row]!.missing === 'image',
    identify: (rows) => imageIdentities(split, rows),
    onProgress: (done, stored) =>
      onProgress?.({ side: 'image', done, total: records.length, stored }),
  });
  const textTable = await encodeSide({
    ...common,
    tower: text,
    total: captions.length,
    load: textsAt,
    // The special tokens alone, which are the same for every split and which every encoder takes.
    example: () => split.texts(['']),
    missing: (row) => captions[row] === '',
    identify: async (rows) => {
      const input = textsAt(rows);
      const digests = await rowDigests(input, rows.length);
      disposeTensors(input);
      return digests;
    },
    onProgress: (done, stored) =>
      onProgress?.({ side: 'text', done, total: captions.length, stored }),
  });
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

async function imageIdentities(
  split: object,
  rows: readonly number[],
): Promise<readonly (string | undefined)[]> {
  if (!identifiesImages(split)) return rows.map(() => undefined);
  return Promise.all(rows.map((row) => split.imageIdentity(row)));
}
