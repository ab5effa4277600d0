#!/usr/bin/env node
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
