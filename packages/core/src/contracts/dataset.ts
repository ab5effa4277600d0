import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TextInput } from './encoder';

/** A false caption of an image that is similar to a true caption. */
export interface HardNegative {
  readonly caption: string;
  /** How the caption was made false (`attribute-swap`…). Metrics are reported for each kind. */
  readonly kind: string;
}

/** The label of a pair: a class, several classes, or a number. */
export type Label = string | number | readonly string[];

/** One image with its captions. */
export interface PairRecord {
  readonly id: string;
  /** At least one. None is empty, but the only one ('') of a record whose text is missing. */
  readonly captions: readonly string[];
  /**
   * negatives[i] are the hard negatives of captions[i], possibly none. Absent when the data has no
   * hard negatives.
   */
  readonly negatives?: readonly (readonly HardNegative[])[];
  /**
   * labels[i] is the label of the image with captions[i], for example the answer to a question. A
   * class of the image alone is repeated for each caption. `undefined`: this pair has no label.
   * Absent when the data has no labels.
   */
  readonly labels?: readonly (Label | undefined)[];
  /**
   * Records with the same group (a product, a user…) go to the same split. Absent: the record is a
   * group of its own.
   */
  readonly group?: string;
  /**
   * The side that the record lacks. `image`: the split gives a blank picture in its place. `text`:
   * `captions` is ['']. Absent: the record has both.
   */
  readonly missing?: 'image' | 'text';
}

/** The pairs of one split with random access, in a fixed order. */
export interface PairSplit<Image = Tensor4D, Text = TextInput> {
  /** `train`, `val`, `test`… */
  readonly name: string;
  readonly records: readonly PairRecord[];
  /** Decoded, preprocessed images of these rows; the caller disposes them. */
  images(rows: readonly number[]): Promise<Image>;
  /** Tokenised captions, all padded or truncated to the same length; the caller disposes them. */
  texts(captions: readonly string[]): Text;
  /**
   * The identity of a caption: two captions are the same text when their identities are equal. It
   * is made of the caption's token ids, after the tokenizer's normalisation and before truncation.
   * Captions that differ only in case, say, have one identity if the tokenizer ignores case.
   * Metrics use it for relevance, losses for false negatives, and batches to avoid repeated
   * captions.
   */
  textIdentity(caption: string): string;
}
