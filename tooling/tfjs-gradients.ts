import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * tfjs-core's gradient definitions are ESM that Node cannot import by itself (extensionless
 * paths), so builds bundle them. One of them imports the whole public API (`../base`), which
 * would start a second tfjs-core: it becomes an import of the program's own.
 */
export const useOwnTfjsCore: Plugin = {
  name: 'use-own-tfjs-core',
  setup(build) {
    build.onResolve({ filter: /^\.\.\/base$/ }, ({ importer }) =>
      importer.includes('tfjs-core') ? { path: '@tensorflow/tfjs-core', external: true } : null,
    );
  },
};

/** The same bundle as one cached file, so that tests need not transform 300 modules each. */
export async function bundledGradients(): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const file = join(root, `node_modules/.cache/crossweave/tfjs-gradients-${version}.mjs`);
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    await build({
      entryPoints: [join(dirname(manifest), 'dist/register_all_gradients.js')],
      outfile: temporary,
      bundle: true,
      format: 'esm',
      platform: 'node',
      plugins: [useOwnTfjsCore],
      logLevel: 'error',
    });
    renameSync(temporary, file);
  }
  return file;
}
