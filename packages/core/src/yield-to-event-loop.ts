/**
 * The means by which a runtime schedules tasks: `setImmediate` in Node, `MessageChannel` in
 * browsers.
 */
export interface Scheduling {
  readonly setImmediate?: (task: () => void) => unknown;
  readonly MessageChannel?: new () => Channel;
}

interface Channel {
  readonly port1: { onmessage: (() => void) | null };
  readonly port2: { postMessage(message: unknown): void };
}

/**
 * Makes {@link yieldToEventLoop} for a runtime. These two come before `setTimeout`, which browsers
 * delay by 4 ms. `scheduler.yield` is not used, since it continues before waiting timers run.
 */
export function createYield({
  setImmediate: immediate,
  MessageChannel: NewChannel,
}: Scheduling): () => Promise<void> {
  if (immediate !== undefined) {
    return () => new Promise((resolve) => void immediate(() => resolve()));
  }
  if (NewChannel === undefined) return () => new Promise((resolve) => void setTimeout(resolve, 0));
  let channel: Channel | undefined;
  const waiting: (() => void)[] = [];
  return () => {
    if (channel === undefined) {
      channel = new NewChannel();
      channel.port1.onmessage = () => waiting.shift()?.();
    }
    const { port2 } = channel;
    return new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
  };
}

/**
 * Lets the event loop run once: timers, signals, input and painting are handled before the promise
 * resolves. Await it in each iteration of a long loop of synchronous work (training steps), so that
 * timers and Ctrl-C work and a page stays responsive.
 *
 * ```ts
 * for (const batch of batches) {
 *   work(batch);
 *   await yieldToEventLoop();
 *   signal.throwIfAborted();
 * }
 * ```
 */
export const yieldToEventLoop: () => Promise<void> = createYield(
  // Node's types declare neither a browser's globals nor that Node's own may be missing.
  globalThis as unknown as Scheduling,
);
