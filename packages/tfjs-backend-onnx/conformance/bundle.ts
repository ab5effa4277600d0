import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = import.meta.dirname;

/** Bundles the suite with tfjs-core and this package's source; resolves with the file's URL. */
export async function bundleSuite(): Promise<string> {
  const outfile = join(folder, '../node_modules/.cache/conformance/suite.mjs');
  await build({
    entryPoints: [join(folder, 'suite.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    // The separate modules of tfjs-core, which the suite imports, and not its bundle for Node.
    mainFields: ['module', 'main'],
    external: ['jasmine-core'],
    // tfjs-core's package.json says that its tests have no side effects.
    ignoreAnnotations: true,
    // The suite and node-fetch are partly CommonJS.
    banner: {
      js: "import { createRequire as forBundle } from 'node:module'; const require = forBundle(import.meta.url);",
    },
    logLevel: 'error',
  });
  return pathToFileURL(outfile).href;
}
