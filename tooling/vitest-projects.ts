import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundledGradients } from './tfjs-gradients.ts';

const alias = {
  '@tensorflow/tfjs-core/dist/register_all_gradients.js': await bundledGradients(),
};

interface Choice {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Milliseconds a test may take. */
  readonly timeout: number;
}

/** One project per package, so that `vitest run --project @crossweave/fusion` runs it alone. */
export function packageProjects({ include, exclude, timeout }: Choice) {
  return readdirSync('packages').map((folder) => {
    const root = `packages/${folder}`;
    const { name } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { name: string };
    return {
      resolve: { alias, conditions: ['@crossweave/source', 'node'] },
      ssr: { resolve: { conditions: ['@crossweave/source', 'node'] } },
      test: {
        name,
        root,
        include: [...include],
        exclude: ['**/node_modules/**', ...exclude],
        setupFiles: [fileURLToPath(new URL('vitest-setup.ts', import.meta.url))],
        testTimeout: timeout,
        hookTimeout: timeout,
      },
    };
  });
}
