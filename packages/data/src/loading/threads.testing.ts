import { fileURLToPath } from 'node:url';

/** Lets threads of a test read TypeScript, as the test itself does. */
export function readSourcesInThreads(): void {
  const hooks = fileURLToPath(new URL('../../../../benchmarks/source.mjs', import.meta.url));
  process.execArgv.push('--import', hooks, '--conditions=@crossweave/source');
}
