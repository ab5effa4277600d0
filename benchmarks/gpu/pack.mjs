/**
 * `node benchmarks/gpu/pack.mjs [--webgpu]`: makes `benchmarks/gpu/pack/`, which holds all that a Linux machine
 * on x64 without Node and without network needs to run `check.py`: Node itself, koffi, measure.ts,
 * fixtures.ts and conformance.ts as one bundled file each, and with `--webgpu` ONNX Runtime.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
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

// tfjs-core's own tests: CommonJS, as parts of them are, with the engine and all of tfjs-core in one file.
await build({
  entryPoints: [join(here, 'conformance.ts')],
  outfile: join(pack, 'conformance.cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  mainFields: ['module', 'main'],
  conditions: ['@crossweave/source'],
  external: ['jasmine-core', 'koffi', 'onnxruntime-node'],
  ignoreAnnotations: true,
  plugins: [
    {
      name: 'engine-under-test',
      setup(building) {
        const path = join(here, 'engine.ts');
        building.onResolve({ filter: /^engine-under-test$/ }, () => ({ path }));
      },
    },
  ],
  logLevel: 'error',
});

const within = (name) => join(pack, 'node_modules', name);
/** xz: the packed folder has to travel. `check.py` unpacks it. */
const squeeze = (path) => execFileSync('xz', ['-T2', '-6', path]);

const koffi = realpathSync(join(root, 'packages/tfjs-backend-xla/node_modules/koffi'));
cpSync(koffi, within('koffi'), {
  recursive: true,
  filter: (path) => !/\/(doc|vendor)$/.test(path),
});
const binary = realpathSync(join(koffi, '../@koromix/koffi-linux-x64'));
cpSync(binary, within('@koromix/koffi-linux-x64'), { recursive: true });
if (process.argv.includes('--webgpu')) packRuntime();
const jasmine = join(root, 'packages/tfjs-backend-onnx/node_modules/jasmine-core');
cpSync(realpathSync(jasmine), within('jasmine-core'), {
  recursive: true,
  filter: (path) => !path.endsWith('/images'),
});
// The suite asks where these are, and puts what is in its bundle there.
for (const name of ['tfjs-core', 'tfjs-backend-cpu']) {
  mkdirSync(within(`@tensorflow/${name}`), { recursive: true });
  writeFileSync(join(within(`@tensorflow/${name}`), 'index.js'), '');
}
cpSync(realpathSync(process.execPath), join(pack, 'node'));
squeeze(join(pack, 'node'));
console.log(execFileSync('du', ['-sh', pack], { encoding: 'utf8' }).trim());

function packRuntime() {
  const runtime = realpathSync(
    join(root, 'packages/tfjs-backend-onnx/node_modules/onnxruntime-node'),
  );
  cpSync(runtime, within('onnxruntime-node'), {
    recursive: true,
    filter: (path) => !/\/(lib|script|darwin|win32|arm64)$|\.map$|\.ts$/.test(path),
  });
  const common = realpathSync(join(runtime, '../onnxruntime-common'));
  cpSync(join(common, 'package.json'), within('onnxruntime-common/package.json'));
  cpSync(join(common, 'dist/cjs'), within('onnxruntime-common/dist/cjs'), {
    recursive: true,
    filter: (path) => !/\.map$|\.d\.ts$/.test(path),
  });
  squeeze(join(within('onnxruntime-node'), 'bin/napi-v6/linux/x64/libonnxruntime.so.1'));
}
