import { requireNumber } from '@crossweave/core/authoring';

/**
 * Decoded pictures in memory, up to a number of bytes. What does not fit is never
 * stored and nothing is evicted: epochs visit all pictures in turn, and under that pattern
 * evicting the oldest would lose every picture just before it is needed again.
 */
export class PictureCache {
  readonly #pictures = new Map<string, Uint8Array>();
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes; 0 stores nothing */
  constructor(limit: number) {
    requireNumber('PictureCache', 'limit', limit, { integer: true, min: 0 });
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): Uint8Array | undefined {
    return this.#pictures.get(path);
  }

  /** Whether so many bytes more would be stored. */
  fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.#limit;
  }

  /** Stores the picture if it fits and is not there yet. */
  add(path: string, picture: Uint8Array): void {
    if (this.#pictures.has(path) || !this.fits(picture.byteLength)) return;
    this.#pictures.set(path, picture);
    this.#bytes += picture.byteLength;
  }
}
