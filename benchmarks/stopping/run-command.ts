import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Ended {
  /** Null where the signal came before the command could hear it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Seconds from the signal to the end; 0 without one. */
  readonly sinceSignal: number;
}

/** Runs the command line from its sources, and stops it after so many seconds if asked. */
export async function runCommand(
  args: readonly string[],
  stop?: { readonly signal: NodeJS.Signals; readonly after: number },
): Promise<Ended> {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const loaders = [import.meta.resolve('tsx'), here('../source.mjs')];
  const began = performance.now();
  const child = spawn(process.execPath, [
    ...loaders.flatMap((each) => ['--import', each]),
    '--conditions=@crossweave/source',
    here('../../packages/cli/src/bin.ts'),
    ...args,
  ]);
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (written.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (written.stderr += text.toString()));
  let signalled = Number.NaN;
  const timer =
    stop === undefined
      ? undefined
      : setTimeout(() => {
          signalled = performance.now();
          child.kill(stop.signal);
        }, stop.after * 1000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const ended = performance.now();
  return {
    code,
    ...written,
    seconds: (ended - began) / 1000,
    sinceSignal: Number.isNaN(signalled) ? 0 : (ended - signalled) / 1000,
  };
}
