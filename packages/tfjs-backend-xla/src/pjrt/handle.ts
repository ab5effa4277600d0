import { XlaBackendError } from '../errors';

/** Something of the plugin's that is ours until it is destroyed: on one device, or on several. */
export abstract class Handle {
  #pointers: readonly bigint[];

  /** @param pointers at least one; of what is on several devices one for each, in their order. */
  constructor(...pointers: readonly bigint[]) {
    this.#pointers = pointers;
  }

  /** The first of {@link pointers}. */
  get pointer(): bigint {
    return this.pointers[0] as bigint;
  }

  /**
   * For functions of the plugin only.
   * @throws XlaBackendError `disposed` once it is destroyed: the plugin would not notice.
   */
  get pointers(): readonly bigint[] {
    if (this.#pointers.length > 0) return this.#pointers;
    throw new XlaBackendError('disposed', `${this.what} was used after it had been freed.`);
  }

  get isFreed(): boolean {
    return this.#pointers.length === 0;
  }

  /** Frees it; a second time does nothing. */
  destroy(): void {
    const pointers = this.#pointers;
    this.#pointers = [];
    for (const pointer of pointers) this.release(pointer);
  }

  /** What it is, for messages. */
  protected abstract readonly what: string;
  protected abstract release(pointer: bigint): void;
}
