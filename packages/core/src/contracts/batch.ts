import { Tensor, dispose, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Label } from './dataset';
import type { TextInput } from './encoder';
import type { Configured } from './part-config';

/** B aligned pairs. The consumer of a batch disposes it ({@link disposeBatch}). */
export interface Batch<Image = Tensor4D, Text = TextInput> {
  /** B. */
  readonly size: number;
  /** [B] sample ids, for error messages and logs. */
  readonly ids: readonly string[];
  /**
   * [B] identities of the images. Rows with the same identity are never negatives of each other.
   */
  readonly groups: readonly string[];
  /**
   * [B] identities of the captions (`PairSplit.textIdentity`). Rows with the same identity have the
   * same text, so the text is true of each of their images. Absent: not known.
   */
  readonly captions?: readonly string[];
  /**
   * [B] the labels of the pairs (the entries of `PairRecord.labels`), for tasks and for
   * classification losses (`labelIdentity`). `undefined`: the pair has no label. Absent: no pair has
   * a label.
   */
  readonly labels?: readonly (Label | undefined)[];
  readonly image: Image;
  readonly text: Text;
  /** B·K false texts: row b·K + k is false text k of image b. */
  readonly negatives?: Text;
  /**
   * [B·K] identities of the false texts, as {@link captions}, in the order of {@link negatives}. A
   * false text of one pair may be true of another image. Absent: not known.
   */
  readonly negativeCaptions?: readonly string[];
}

/**
 * Batches in a fixed order, which depends on the source and the epoch only. A resumed run may start
 * at any batch.
 */
export interface BatchSource<B extends Batch<unknown, unknown> = Batch> extends Configured {
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /**
   * Batches `from`, `from`+1, … of an epoch. Leaving the loop early disposes prefetched batches.
   */
  batches(epoch: number, from?: number): AsyncIterable<B>;
}

export function disposeBatch(batch: Batch<unknown, unknown>): void {
  for (const part of [batch.image, batch.text, batch.negatives]) {
    if (part instanceof Tensor) dispose(part);
    else if (typeof part === 'object' && part !== null) {
      dispose(Object.values(part).filter((value) => value instanceof Tensor));
    }
  }
}
