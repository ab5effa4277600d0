import { setImmediate, setTimeout } from 'node:timers/promises';
import { Handle } from './handle';
import type { Plugin } from './plugin';

/** How often an event is asked for at once before a thread waits for it. */
const EAGER = 20;

/** Something that happens on a device, or on each of several. */
export class Event extends Handle {
  protected readonly what = 'An event of the device';
  private isAwaited = false;
  /** What was freed while a thread waited for it. */
  private readonly left: bigint[] = [];

  constructor(
    private readonly plugin: Plugin,
    ...pointers: readonly bigint[]
  ) {
    super(...pointers);
  }

  get isReady(): boolean {
    return this.pointers.every((event) =>
      this.plugin.call('Event_IsReady', { event }).boolAt('is_ready'),
    );
  }

  /**
   * Waits until it has happened everywhere, and frees the event.
   * @throws XlaBackendError if what it stands for failed.
   */
  wait(): void {
    try {
      for (const event of this.pointers) this.plugin.call('Event_Await', { event });
    } finally {
      this.destroy();
    }
  }

  /** The same without holding up the event loop. Whoever waited for it meanwhile has heard of a failure. */
  async settled(): Promise<void> {
    await this.happened();
    if (!this.isFreed) this.wait();
  }

  /**
   * Waits as `settled` does, and neither frees the event nor throws for what failed; returns at once
   * when the event is freed meanwhile. One thread of Node's pool waits at a time, since the others are
   * for files and names of hosts; further events are asked for each millisecond. A callback (`OnReady`)
   * would keep a thread of XLA's waiting for JavaScript, and a read that waits for that thread would
   * never end.
   */
  async happened(): Promise<void> {
    for (let asked = 0; !this.isFreed && !this.isReady; asked++) {
      if (asked < EAGER) await setImmediate();
      else if (this.plugin.isAwaited) await setTimeout(1);
      else await this.awaited();
    }
  }

  private async awaited(): Promise<void> {
    this.isAwaited = true;
    try {
      for (const event of [...this.pointers]) await this.plugin.await(event);
    } finally {
      this.isAwaited = false;
      for (const event of this.left.splice(0)) this.release(event);
    }
  }

  protected release(event: bigint): void {
    if (this.isAwaited) this.left.push(event);
    else this.plugin.call('Event_Destroy', { event });
  }
}
