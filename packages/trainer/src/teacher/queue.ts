import { concat, slice, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import type { EmbeddingQueue } from '@crossweave/core';

/** A queue of `capacity` empty places for embeddings of width E. */
export function emptyQueue(capacity: number, width: number): EmbeddingQueue {
  const zeros = (): Tensor2D => tensor2d(new Float32Array(capacity * width), [capacity, width]);
  return { image: zeros(), text: zeros(), groups: new Array<null>(capacity).fill(null) };
}

/**
 * The queue with B newer pairs at its head and the oldest B gone. All rows move, which costs a copy
 * of the queue, and makes a graph of the same structure at every step and for every batch size.
 */
export function enqueue(
  queue: EmbeddingQueue,
  image: Tensor2D,
  text: Tensor2D,
  groups: readonly string[],
): EmbeddingQueue {
  const push = (newer: Tensor2D, older: Tensor2D): Tensor2D =>
    slice(concat<Tensor2D>([newer, older], 0), [0, 0], older.shape);
  return {
    image: push(image, queue.image),
    text: push(text, queue.text),
    groups: [...groups, ...queue.groups].slice(0, queue.groups.length),
  };
}
