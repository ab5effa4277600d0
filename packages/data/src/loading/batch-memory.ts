import { engine, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { normaliseInto, type Normalisation } from '../image/normalise';

/** Where in shared memory a normalised picture goes. */
export interface Place {
  readonly memory: SharedArrayBuffer;
  /** The first float32, counted in numbers. */
  readonly at: number;
}

/**
 * Memory into which threads write the pictures of a batch. The same memory serves batch after batch:
 * new pages would cost a quarter of a millisecond a picture, and their garbage collection as much.
 */
export class BatchMemory {
  readonly #free: SharedArrayBuffer[] = [];
  readonly #most: number;

  /** @param most pieces that are kept while no batch needs them */
  constructor(most: number) {
    this.#most = most;
  }

  /** Memory of so many float32 numbers, whose contents are arbitrary. */
  take(length: number): SharedArrayBuffer {
    const bytes = length * Float32Array.BYTES_PER_ELEMENT;
    const found = this.#free.findIndex(({ byteLength }) => byteLength === bytes);
    return this.#free.splice(found, found < 0 ? 0 : 1)[0] ?? new SharedArrayBuffer(bytes);
  }

  /** Nothing writes to it or reads it any more. */
  give(memory: SharedArrayBuffer): void {
    this.#free.push(memory);
    if (this.#free.length > this.#most) this.#free.shift();
  }
}

/** A tensor of the numbers in `memory`, which may be written to again afterwards. */
export function copiedTensor(
  memory: SharedArrayBuffer,
  shape: [batch: number, height: number, width: number, channels: number],
): Tensor4D {
  const values = new Float32Array(memory);
  // Engines that compile graphs copy what they are given into memory of their own, which they reuse;
  // the others keep the array.
  const copies = 'literal' in engine().backend;
  return tensor4d(copies ? values : values.slice(), shape, 'float32');
}

/** Writes the numbers of a picture to its place in a batch. */
export function writePicture(
  picture: Uint8Array,
  { memory, at }: Place,
  normalise: Normalisation,
): void {
  const bytes = at * Float32Array.BYTES_PER_ELEMENT;
  normaliseInto(picture, new Float32Array(memory, bytes, picture.length), normalise);
}
