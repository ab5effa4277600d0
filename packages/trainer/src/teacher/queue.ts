import { concat, slice, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Batch, EmbeddingQueue } from '@crossweave/core';
import type { QueueTensors } from '../state';

/** A queue of `capacity` empty places for embeddings of width E. */
export function emptyQueue(capacity: number, width: number): EmbeddingQueue {
  const zeros = (): Tensor2D => tensor2d(new Float32Array(capacity * width), [capacity, width]);
  return { image: zeros(), text: zeros(), groups: unknown(capacity), captions: unknown(capacity) };
}

function unknown(count: number): null[] {
  return new Array<null>(count).fill(null);
}

/**
 * The queue with B newer pairs at its head and the oldest B gone. All rows move, which costs a copy
 * of the queue, and makes a graph of the same structure at every step and for every batch size.
 */
export function enqueue(queue: QueueTensors, image: Tensor2D, text: Tensor2D): QueueTensors {
  const push = (newer: Tensor2D, older: Tensor2D): Tensor2D =>
    slice(concat<Tensor2D>([newer, older], 0), [0, 0], older.shape);
  return { image: push(image, queue.image), text: push(text, queue.text) };
}

/** The identities of the rows of {@link enqueue}'s result, beside its tensors. */
export function named(
  { image, text }: QueueTensors,
  { groups, captions }: Pick<Batch, 'groups' | 'captions'>,
  before?: EmbeddingQueue,
): EmbeddingQueue {
  const capacity = image.shape[0];
  const older = before ?? { groups: unknown(capacity), captions: unknown(capacity) };
  return {
    ...{ image, text },
    groups: [...groups, ...older.groups].slice(0, capacity),
    captions: [
      ...(captions ?? unknown(groups.length)),
      ...(older.captions ?? unknown(capacity)),
    ].slice(0, capacity),
  };
}
