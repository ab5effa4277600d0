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

  /**
   * @param bytes what the work takes, by estimate
   * @param limit bytes that this work and what is under way when it begins may take together
   */
  async run<Result>(bytes: number, limit: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ bytes, limit, begin });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#used -= bytes;
      this.#admit();
    }
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
