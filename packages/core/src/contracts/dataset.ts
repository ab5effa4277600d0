import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TextInput } from './encoder';

/** A caption that is false of its image though close to a true one. */
export interface HardNegative {
  readonly caption: string;
  /** In which way it is false (`attribute-swap`…): metrics are split by it. */
  readonly kind: string;
}

/** One image with its captions. */
export interface PairRecord {
  readonly id: string;
  /** At least one. */
  readonly captions: readonly string[];
  /** negatives[i] belong to captions[i]; may be empty. Absent when the data has none. */
  readonly negatives?: readonly (readonly HardNegative[])[];
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
}
