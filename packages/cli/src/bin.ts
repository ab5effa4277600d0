#!/usr/bin/env node
import { endNow } from './end-now';
import { signalOf } from './interruption';
import type { Host } from './main';

// The last words of a command may fail after `main` has listened: a reader that left is no error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  const { main } = await import('./main');
  const host: Host = {
    stdout: process.stdout,
    stderr: process.stderr,
    on: (event, listener) => process.on(event, listener),
    removeListener: (event, listener) => process.removeListener(event, listener),
    exit: endNow,
  };
  const code = await main(process.argv.slice(2), host);
  process.exitCode = code;
  // Where it was stopped and a thread still compiles, the process is ended under it.
  if (signalOf(code) !== undefined) setTimeout(() => endNow(code), 200).unref();
} catch (error) {
  // Only a dependency that does not load: sharp, where its optional packages were left out.
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(
    `crossweave does not start: ${line.replace(/[.:]?$/, '.')} Install it anew: npm install --include=optional crossweave\n`,
  );
  process.exitCode = 1;
}
