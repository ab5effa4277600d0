import { Tensor, dispose, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Label } from './dataset';
import type { TextInput } from './encoder';

/** B aligned pairs. The consumer of a batch disposes it ({@link disposeBatch}). */
export interface Batch<Image = Tensor4D, Text = TextInput> {
  /** B. */
  readonly size: number;
  /** [B] sample ids, for error messages and logs. */
  readonly ids: readonly string[];
  /** [B] identity of the image: rows with equal entries are never each other's negatives. */
  readonly groups: readonly string[];
  /**
   * [B] identity of the caption (`PairSplit.textIdentity`): rows with equal entries have the
   * same text, which is then right for the images of all of them. Absent: not known.
   */
  readonly captions?: readonly string[];
  /**
   * [B] what each pair is known to be, its caption's entry of `PairRecord.labels`: for tasks, and for
   * losses that tell classes apart (`labelIdentity`). `undefined`: that pair is not labelled. Absent:
   * no pair is.
   */
  readonly labels?: readonly (Label | undefined)[];
  readonly image: Image;
  readonly text: Text;
  /** B·K texts that are false of their image; row b·K + k belongs to pair b. */
  readonly negatives?: Text;
}

/**
 * Batches in a fixed order: a pure function of (source, epoch). Resuming starts at any batch.
 */
export interface BatchSource<B extends Batch<unknown, unknown> = Batch> {
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** Batches `from`, `from`+1, … of an epoch. Leaving the loop early releases what was prefetched. */
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
