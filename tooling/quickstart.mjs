/**
 * `npm run quickstart`: installs, builds, makes the sample data, compares early, late and
 * cross-attention fusion, and writes runs/quickstart/. Running it again continues where it
 * stopped. `--short` does the same on little data, in a minute, to see that everything works.
 */
import { join } from 'node:path';
import { installIfNeeded, pnpm } from './workspace.mjs';

const short = process.argv.includes('--short');
const out = join('runs', short ? 'quickstart-short' : 'quickstart');
const data = join(out, 'data');

await installIfNeeded();
console.log('Building the packages …');
const { code, output } = await pnpm(['exec', 'turbo', 'run', 'build:js'], { capture: true });
if (code !== 0) {
  console.error(output);
  process.exit(code);
}

// In this process, so that whatever ends it ends the work: nothing is left running.
const { main } = await import('../packages/cli/dist/index.js');

/** One command of the command line, as an installed user would type it. */
async function crossweave(...args) {
  console.log(`\n$ crossweave ${args.join(' ')}`);
  const exitCode = await main(args, process);
  if (exitCode !== 0) process.exit(exitCode);
}

await crossweave(
  ...['data', 'make', 'scenes', '--n', short ? '400' : '2000', '--seed', '7', '--out', data],
);
await crossweave(
  ...['ablate', '--preset', short ? 'quickstart-short' : 'quickstart'],
  ...['--captions', join(data, 'captions.jsonl'), '--out', out],
);
