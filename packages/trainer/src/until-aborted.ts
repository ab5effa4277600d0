/**
 * The items of an iterable until the signal comes, also while the next item is being made: it is
 * then not waited for, and the iterable ends when it is there.
 */
export async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const stopping = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    const options = { once: true, signal: stopping.signal };
    signal.addEventListener('abort', () => resolve(undefined), options);
  });
  let isWaiting = false;
  try {
    while (!signal.aborted) {
      isWaiting = true;
      const next = iterator.next();
      // One that is given up may fail, and nobody is left to hear of it.
      next.catch(() => undefined);
      const found = await Promise.race([next, aborted]);
      if (found === undefined) return;
      isWaiting = false;
      if (found.done === true) return;
      yield found.value;
    }
  } finally {
    stopping.abort();
    const ended = iterator.return?.();
    if (isWaiting) ended?.catch(() => undefined);
    else await ended;
  }
}
