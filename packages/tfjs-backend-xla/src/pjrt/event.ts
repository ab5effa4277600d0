import { setImmediate, setTimeout } from 'node:timers/promises';
import { Handle } from './handle';
import type { Plugin } from './plugin';

/** How often an event is asked for at once before it is asked for each millisecond. */
const EAGER = 20;

/** Something that happens on the device. */
export class Event extends Handle {
  protected readonly what = 'An event of the device';

  constructor(
    private readonly plugin: Plugin,
    pointer: bigint,
  ) {
    super(pointer);
  }

  get isReady(): boolean {
    return this.plugin.call('Event_IsReady', { event: this.pointer }).boolAt('is_ready');
  }

  /**
   * Waits until it has happened, and frees the event.
   * @throws XlaBackendError if what it stands for failed.
   */
  wait(): void {
    try {
      this.plugin.call('Event_Await', { event: this.pointer });
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
