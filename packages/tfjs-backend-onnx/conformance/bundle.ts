import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = import.meta.dirname;

/**
 * Bundles the suite with tfjs-core and the source of this package; resolves to the URL of the
 * bundle.
 */
export async function bundleSuite(): Promise<string> {
  const outfile = join(folder, '../node_modules/.cache/conformance/suite.cjs');
  await build({
    entryPoints: [join(folder, 'suite.ts')],
    outfile,
    bundle: true,
    // Parts of the bundle (tfjs's wasm backend, jasmine_util) are CommonJS only.
    format: 'cjs',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    platform: 'node',
    // Uses the separate modules of tfjs-core, which the suite imports, instead of its bundle for
    // Node.
    mainFields: ['module', 'main'],
    external: ['jasmine-core'],
    // tfjs-core's package.json says that its tests have no side effects.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  return pathToFileURL(outfile).href;
}
