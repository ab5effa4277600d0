import { OpenvinoBackendError } from '../errors';

/** An object of OpenVINO that this process owns until it is destroyed. */
export abstract class Handle {
  #pointer: bigint;

  constructor(pointer: bigint) {
    this.#pointer = pointer;
  }

  /**
   * For calls of OpenVINO only.
   * @throws OpenvinoBackendError `disposed` after it was destroyed: OpenVINO would not notice.
   */
  get pointer(): bigint {
    if (this.#pointer !== 0n) return this.#pointer;
    throw new OpenvinoBackendError('disposed', `${this.what} was used after it had been freed.`);
  }

  /** Frees it. A second call does nothing. */
  destroy(): void {
    if (this.#pointer === 0n) return;
    const pointer = this.#pointer;
    this.#pointer = 0n;
    this.release(pointer);
  }

  /** Its name in messages. */
  protected abstract readonly what: string;
  protected abstract release(pointer: bigint): void;
}
