/** What of a runtime schedules tasks; Node has the first, browsers the second. */
export interface Scheduling {
  readonly setImmediate?: (task: () => void) => unknown;
  readonly MessageChannel?: new () => Channel;
}

interface Channel {
  readonly port1: { onmessage: (() => void) | null };
  readonly port2: { postMessage(message: unknown): void };
}

/**
 * A function that ends the current task: timers, signals, input and painting have their turn before
 * the promise resolves. Not by `setTimeout`, which browsers hold back for 4 ms, and not by
 * `scheduler.yield`, whose continuation comes before waiting timers.
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
 * Gives the event loop one turn. Long loops whose work is synchronous (training steps, kernels that
 * block) await it once a round, so that an AbortSignal, a timer or Ctrl-C is heard and a page stays
 * alive.
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
  // Node's types know neither browsers nor that it may not be Node.
  globalThis as unknown as Scheduling,
);
