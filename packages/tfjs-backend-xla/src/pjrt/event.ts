import { setImmediate, setTimeout } from 'node:timers/promises';
import { Handle } from './handle';
import type { Plugin } from './plugin';

/** How often an event is asked for at once before it is asked for each millisecond. */
const EAGER = 20;

/** Something that happens on a device, or on each of several. */
export class Event extends Handle {
  protected readonly what = 'An event of the device';

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

  /**
   * The same without holding up the event loop. It asks again and again: a callback (`OnReady`)
   * would keep a thread of XLA's waiting for JavaScript, and a read that waits for that thread
   * would never end.
   */
  async settled(): Promise<void> {
    for (let asked = 0; !this.isReady; asked++) {
      await (asked < EAGER ? setImmediate() : setTimeout(1));
    }
    this.wait();
  }

  protected release(pointer: bigint): void {
    this.plugin.call('Event_Destroy', { event: pointer });
  }
}
