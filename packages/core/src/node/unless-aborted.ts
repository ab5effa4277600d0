import { setMaxListeners } from 'node:events';

/**
 * The result of `work`, or the signal's reason as soon as it is aborted. Work that cannot be
 * stopped goes on in the background, and its result or error is dropped.
 */
export function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    // Node warns of more than ten listeners; here there is one for each call under way.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).then(() => signal.removeEventListener('abort', stop));
  });
}
