/** Thrown where a run is stopped while a graph of its step is compiled. */
export class StoppedWhileCompiling extends Error {}

/** Milliseconds that a graph may be compiled before the owner of the run is told. */
const SILENT = 1000;

/**
 * Waits for a compilation, which cannot be stopped: a signal ends the wait, and the compilation goes on
 * by itself.
 *
 * @param tell is called once where it takes longer than a second.
 * @throws StoppedWhileCompiling when the signal comes; what `tell` throws.
 */
export async function whileCompiling(
  compilation: Promise<void>,
  tell: () => void,
  signal?: AbortSignal,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const told = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      try {
        tell();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }, SILENT);
  });
  const waiting = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new StoppedWhileCompiling('The run was stopped.'));
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true, signal: waiting.signal });
  });
  try {
    await Promise.race([compilation, told, stopped]);
  } finally {
    clearTimeout(timer);
    waiting.abort();
  }
}
