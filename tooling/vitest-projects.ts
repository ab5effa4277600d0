import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundledGradients } from './tfjs-gradients.ts';

const alias = {
  '@tensorflow/tfjs-core/dist/register_all_gradients.js': await bundledGradients(),
};

interface Choice {
  /** Folders of `packages/`; default all. */
  readonly folders?: readonly string[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Ends of the names of files that get a process each; none unless given. */
  readonly isolated?: string;
  /** Milliseconds a test may take. */
  readonly timeout: number;
}

/**
 * Two projects per package, so that `vitest run --project '@crossweave/fusion*'` runs one package.
 * Files share a process, which saves two thirds of the time: tfjs loads once and its kernels stay
 * compiled. The files whose names end with `isolated` have a process each, as have all of the command
 * line: they look at the process itself, or at what others registered with tfjs.
 */
export function packageProjects({
  folders = readdirSync('packages'),
  include,
  exclude,
  isolated,
  timeout,
}: Choice) {
  return folders.flatMap((folder) => {
    const root = `packages/${folder}`;
    const { name } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { name: string };
    const project = (name: string, files: { include: string[]; exclude: string[] }) => ({
      resolve: { alias, conditions: ['@crossweave/source', 'node'] },
      ssr: { resolve: { conditions: ['@crossweave/source', 'node'] } },
      test: {
        name,
        root,
        include: files.include,
        exclude: ['**/node_modules/**', ...exclude, ...files.exclude],
        isolate: name === 'crossweave' || name.endsWith(' isolated'),
        setupFiles: [fileURLToPath(new URL('vitest-setup.ts', import.meta.url))],
        testTimeout: timeout,
        hookTimeout: timeout,
      },
    });
    if (isolated === undefined) return [project(name, { include: [...include], exclude: [] })];
    const pattern = `**/*${isolated}`;
    const some = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' }).some((file) =>
      file.endsWith(isolated),
    );
    return [
      project(name, { include: [...include], exclude: [pattern] }),
      ...(some ? [project(`${name} isolated`, { include: [pattern], exclude: [] })] : []),
    ];
  });
}
