import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TextInput } from './encoder';

/** A caption that is false of its image though close to a true one. */
export interface HardNegative {
  readonly caption: string;
  /** In which way it is false (`attribute-swap`…): metrics are split by it. */
  readonly kind: string;
}

/** What a pair is known to be: a class, several classes, or a number. */
export type Label = string | number | readonly string[];

/** One image with its captions. */
export interface PairRecord {
  readonly id: string;
  /** At least one. */
  readonly captions: readonly string[];
  /** negatives[i] belong to captions[i]; may be empty. Absent when the data has none. */
  readonly negatives?: readonly (readonly HardNegative[])[];
  /**
   * labels[i] is the label of the image with captions[i]: a question's answer, or the image's own
   * class, which then stands beside each caption. `undefined`: not labelled. Absent when the data
   * has none.
   */
  readonly labels?: readonly (Label | undefined)[];
  /** What must not be torn apart between splits (a product, a user…). Absent: the image alone. */
  readonly group?: string;
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
   * What makes a caption the same text as another: its token ids after the tokenizer's own
   * normalisation, before any is cut. So captions that differ in case, spaces or invisible
   * characters alone are one text to a tokenizer that does not see these. Relevance in metrics,
   * false negatives in losses and repeats in batches all go by it.
   */
  textIdentity(caption: string): string;
}
