import { XlaBackendError } from '../errors';

/** Something of the plugin's that is ours until it is destroyed. */
export abstract class Handle {
  #pointer: bigint;

  constructor(pointer: bigint) {
    this.#pointer = pointer;
  }

  /**
   * For functions of the plugin only.
   * @throws XlaBackendError `disposed` once it is destroyed: the plugin would not notice.
   */
  get pointer(): bigint {
    if (this.#pointer !== 0n) return this.#pointer;
    throw new XlaBackendError('disposed', `${this.what} was used after it had been freed.`);
  }

  /** Frees it; a second time does nothing. */
  destroy(): void {
    if (this.#pointer === 0n) return;
    const pointer = this.#pointer;
    this.#pointer = 0n;
    this.release(pointer);
  }

  /** What it is, for messages. */
  protected abstract readonly what: string;
  protected abstract release(pointer: bigint): void;
}
