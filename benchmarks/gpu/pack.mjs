/**
 * `node benchmarks/gpu/pack.mjs`: makes `benchmarks/gpu/pack/`, which holds all that a Linux machine
 * on x64 without Node and without network needs to run `check.py`: Node itself (xz), koffi, and
 * measure.ts and fixtures.ts as one bundled file each.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const pack = join(here, 'pack');
rmSync(pack, { recursive: true, force: true });
mkdirSync(join(pack, 'node_modules/@koromix'), { recursive: true });

await build({
  entryPoints: [join(here, 'measure.ts'), join(here, 'fixtures.ts')],
  outdir: pack,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@crossweave/source'],
  external: ['koffi', 'onnxruntime-node'],
  // One tfjs-core, its gradients too; some of its files ask for Node's modules by require.
  alias: {
    vitest: join(here, 'expect.ts'),
    '@tensorflow/tfjs-core': dirname(
      createRequire(join(root, 'packages/core/package.json')).resolve(
        '@tensorflow/tfjs-core/package.json',
      ),
    ),
  },
  mainFields: ['module', 'main'],
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  logLevel: 'error',
});

const koffi = realpathSync(join(root, 'packages/tfjs-backend-xla/node_modules/koffi'));
cpSync(koffi, join(pack, 'node_modules/koffi'), {
  recursive: true,
  filter: (path) => !/\/(doc|vendor)$/.test(path),
});
const binary = realpathSync(join(koffi, '../@koromix/koffi-linux-x64'));
cpSync(binary, join(pack, 'node_modules/@koromix/koffi-linux-x64'), { recursive: true });
cpSync(realpathSync(process.execPath), join(pack, 'node'));
execFileSync('xz', ['-T2', '-6', join(pack, 'node')]);
console.log(execFileSync('du', ['-sh', pack], { encoding: 'utf8' }).trim());
