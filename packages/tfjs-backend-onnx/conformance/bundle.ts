import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = import.meta.dirname;

/** Bundles the suite with tfjs-core and this package's source; resolves with the file's URL. */
export async function bundleSuite(): Promise<string> {
  const outfile = join(folder, '../node_modules/.cache/conformance/suite.cjs');
  await build({
    entryPoints: [join(folder, 'suite.ts')],
    outfile,
    bundle: true,
    // Parts of it (tfjs's wasm backend, jasmine_util) know CommonJS only.
    format: 'cjs',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    platform: 'node',
    // The separate modules of tfjs-core, which the suite imports, and not its bundle for Node.
    mainFields: ['module', 'main'],
    external: ['jasmine-core'],
    // tfjs-core's package.json says that its tests have no side effects.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  return pathToFileURL(outfile).href;
}
