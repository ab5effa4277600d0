/**
 * `npm run quickstart`: installs, builds, makes the sample data, compares early, late and
 * cross-attention fusion, and writes runs/quickstart/. Running it again continues where it
 * stopped. `--short` does the same on little data, in a minute, to see that everything works.
 */
import { join } from 'node:path';
import { installIfNeeded, pnpm, root, run } from './workspace.mjs';

const short = process.argv.includes('--short');
const out = join('runs', short ? 'quickstart-short' : 'quickstart');
const data = join(out, 'data');

// Ctrl-C reaches the whole process group; the step that runs saves its state, then we stop.
process.on('SIGINT', () => undefined);

async function step(title, start) {
  console.log(`\n${title}`);
  const { code, output } = await start();
  if (code === 0) return;
  if (output !== '') console.error(output);
  process.exit(code);
}

/** The command line as an installed user would call it. */
function crossweave(...args) {
  console.log(`$ crossweave ${args.join(' ')}`);
  return run(process.execPath, [join(root, 'packages/cli/dist/bin.js'), ...args]);
}

await installIfNeeded();
await step('Building the packages', () =>
  pnpm(['exec', 'turbo', 'run', 'build'], { capture: true }),
);
await step('Making the sample data', () =>
  crossweave('data', 'make', 'scenes', '--n', short ? '400' : '2000', '--seed', '7', '--out', data),
);
await step('Comparing the fusions', () =>
  crossweave(
    'ablate',
    ...['--preset', short ? 'quickstart-short' : 'quickstart'],
    ...['--captions', join(data, 'captions.jsonl'), '--out', out],
  ),
);
