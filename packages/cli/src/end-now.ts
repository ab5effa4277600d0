import { signalOf } from './interruption';

/**
 * Ends the process without waiting for its threads, as `process.exit` does: one that compiles a graph
 * may have minutes to go. By the signal that asked for it, which is what a shell's exit code stands for.
 *
 * @param code of a signal, as {@link Interruption} gives it; any other is an ordinary exit.
 */
export function endNow(code: number): void {
  const signal = signalOf(code);
  if (signal === undefined) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
