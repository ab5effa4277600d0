import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';

const folder = import.meta.dirname;

/** Puts the engine into the bundle. */
const engine = (register: string): Plugin => ({
  name: 'engine-under-test',
  setup(build) {
    build.onResolve({ filter: /^engine-under-test$/ }, () => ({ path: register }));
  },
});

/**
 * Bundles the suite with tfjs-core and an engine's source; resolves with the file's URL.
 * @param register the module that registers the engine.
 */
export async function bundleSuite(register: string): Promise<string> {
  // In the engine's own package: what is native is found from there.
  const outfile = join(dirname(register), '../node_modules/.cache/conformance/suite.cjs');
  await build({
    entryPoints: [join(folder, 'suite.ts')],
    outfile,
    bundle: true,
    target: 'node20',
    // Parts of the bundle (tfjs's wasm backend, jasmine_util) are CommonJS only.
    format: 'cjs',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    platform: 'node',
    // Uses the separate modules of tfjs-core, which the suite imports, instead of its bundle for
    // Node.
    mainFields: ['module', 'main'],
    conditions: ['@crossweave/source'],
    external: ['jasmine-core'],
    plugins: [engine(register)],
    // tfjs-core's package.json says that its tests have no side effects.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  return pathToFileURL(outfile).href;
}
