import { setImmediate } from 'node:timers/promises';

/**
 * Lets timers, signals and sockets have their turn: long work awaits it between two pieces, since
 * an engine that computes at once never gives the event loop one. Throws when the signal has come.
 */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
