import { XlaBackendError } from '../errors';
import type { DeviceMemory } from '../pjrt/device-memory';
import type { Event } from '../pjrt/event';

/** What tells whether a run found something wrong: see `Module.refusals`. */
interface Verdict {
  readonly memory: DeviceMemory;
  readonly reasons: readonly string[];
}

/** A run that was started. What fails in it is thrown to whoever reads its results. */
export class Run {
  private failure: Error | null = null;
  private isSettled = false;

  constructor(
    private readonly done: Event,
    private readonly verdict: Verdict | null,
    /** Runs whose results it computes with, as far as they were not settled. */
    private parents: readonly Run[],
    private readonly operators: number,
  ) {}

  /**
   * Waits until it is over.
   * @throws XlaBackendError if it failed, or one whose results it used did.
   */
  settle(): void {
    if (!this.isSettled) {
      this.conclude(() => {
        for (const parent of this.parents) parent.settle();
        this.done.wait();
        if (this.verdict === null) return;
        const found = new Int32Array(1);
        this.verdict.memory.read(found).wait();
        this.judge(found[0] as number, this.verdict.reasons);
      });
    }
    if (this.failure !== null) throw this.failure;
  }

  /** The same without holding up the event loop. */
  async settled(): Promise<void> {
    await this.over();
    this.settle();
  }

  /** Waits, and throws nothing. */
  private async over(): Promise<void> {
    for (const parent of this.parents) await parent.over();
    if (!this.isSettled) await this.done.happened();
  }

  private conclude(wait: () => void): void {
    try {
      wait();
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.isSettled = true;
      this.parents = [];
      this.done.destroy();
      this.verdict?.memory.destroy();
    }
  }

  private judge(found: number, reasons: readonly string[]): void {
    if (found === 0) return;
    throw new XlaBackendError(
      'runtime',
      `XLA computed a graph of ${this.operators} operators in which ${reasons[found - 1] ?? ''}. ` +
        'Indices count from 0 and are less than the size of the axis they point into; none is ' +
        'negative.',
      reasons[found - 1]?.split(':')[0],
      { advice: 'Dispose the tensor that failed and go on.' },
    );
  }
}
