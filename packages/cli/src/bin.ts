#!/usr/bin/env node
// The last words of a command may fail after `main` has listened: a reader that left is no error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  const { main } = await import('./main');
  process.exitCode = await main(process.argv.slice(2), process);
} catch (error) {
  // Only a dependency that does not load: sharp, where its optional packages were left out.
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(
    `crossweave does not start: ${line.replace(/[.:]?$/, '.')} Install it anew: npm install --include=optional crossweave\n`,
  );
  process.exitCode = 1;
}

export {};
