import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { bundledGradients } from './tooling/tfjs-gradients.ts';

const alias = {
  '@tensorflow/tfjs-core/dist/register_all_gradients.js': await bundledGradients(),
};

/** One project per package, so that `vitest run --project @crossweave/fusion` runs it alone. */
const projects = readdirSync('packages').map((folder) => {
  const root = `packages/${folder}`;
  const { name } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { name: string };
  return {
    resolve: { alias, conditions: ['@crossweave/source', 'node'] },
    ssr: { resolve: { conditions: ['@crossweave/source', 'node'] } },
    test: {
      name,
      root,
      include: ['{src,conformance}/**/*.test.ts'],
      setupFiles: [fileURLToPath(new URL('tooling/vitest-setup.ts', import.meta.url))],
      testTimeout: 60_000,
    },
  };
});

export default defineConfig({ test: { projects } });
