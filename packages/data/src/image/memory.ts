interface Waiting {
  readonly bytes: number;
  readonly limit: number;
  readonly begin: () => void;
}

/**
 * Lets work begin in the order in which it comes, while what is under way stays within a number
 * of bytes. Work that is larger than its limit waits until nothing else is under way.
 */
export class MemoryGate {
  readonly #waiting: Waiting[] = [];
  #used = 0;
  /** KiB under way in all threads. */
  #shared: Int32Array | undefined;

  /** Counts with the gates of other threads from now on, by a number in memory that all see. */
  share(memory: SharedArrayBuffer): void {
    this.#shared = new Int32Array(memory);
  }

  /**
   * @param bytes what the work takes, by estimate
   * @param limit bytes that this work and what is under way when it begins may take together
   */
  async run<Result>(bytes: number, limit: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ bytes, limit, begin });
      this.#admit();
    });
    const taken = await this.#takeShared(bytes, limit);
    try {
      return await work();
    } finally {
      this.#giveShared(taken);
      this.#used -= bytes;
      this.#admit();
    }
  }

  /** @returns the KiB that are taken */
  async #takeShared(bytes: number, limit: number): Promise<number> {
    const counter = this.#shared;
    if (counter === undefined) return 0;
    const wanted = Math.ceil(bytes / 1024);
    for (;;) {
      const used = Atomics.load(counter, 0);
      if (used > 0 && used + wanted > limit / 1024) {
        await Atomics.waitAsync(counter, 0, used).value;
      } else if (Atomics.compareExchange(counter, 0, used, used + wanted) === used) {
        return wanted;
      }
    }
  }

  #giveShared(taken: number): void {
    if (this.#shared === undefined) return;
    Atomics.sub(this.#shared, 0, taken);
    Atomics.notify(this.#shared, 0);
  }

  #admit(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      if (this.#used > 0 && this.#used + first.bytes > first.limit) return;
      this.#waiting.shift();
      this.#used += first.bytes;
      first.begin();
    }
  }
}

/** Memory belongs to the process, so all decoding in it passes one gate. */
export const decodingMemory = new MemoryGate();

/** Of the JavaScript standard since 2024; Node has had it since version 16. */
declare global {
  interface Atomics {
    waitAsync(
      counter: Int32Array,
      index: number,
      value: number,
    ): { readonly value: Promise<'ok'> | 'not-equal' };
  }
}
