import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as errors from '../errors';

/** An installation of this package with what it depends on, and of tfjs with its cpu backend alone. */
let project = '';
beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'crossweave-bundle-')));
  const own = fileURLToPath(new URL('../..', import.meta.url));
  const modules = join(project, 'node_modules');
  const core = join(modules, '@crossweave', 'core');
  await mkdir(core, { recursive: true });
  for (const part of ['package.json', 'src']) {
    await cp(join(own, part), join(core, part), { recursive: true });
  }
  await mkdir(join(modules, '@tensorflow'));
  for (const name of [
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-backend-cpu',
    'fastest-levenshtein',
  ]) {
    await symlink(await realpath(join(own, 'node_modules', name)), join(modules, name));
  }
});
afterAll(() => rm(project, { recursive: true }));

async function bundle(name: string, code: string, platform: 'browser' | 'node'): Promise<string> {
  const entry = join(project, `${name}.js`);
  const outfile = join(project, `${name}-${platform}.cjs`);
  await writeFile(entry, code);
  const { warnings } = await build({
    entryPoints: [entry],
    outfile,
    ...{ bundle: true, minify: true, format: 'cjs', platform, logLevel: 'silent' },
    conditions: ['@crossweave/source'],
    nodePaths: [],
    // What tells tfjs a browser from Node.
    ...(platform === 'browser' && {
      banner: { js: 'const process = undefined, window = { document: {} };' },
    }),
  });
  expect(warnings).toEqual([]);
  return outfile;
}

function run(file: string): unknown {
  // Neither this test's modules nor those of the workspace may help.
  const env = { PATH: process.env['PATH'], NODE_PATH: '' };
  const output = execFileSync(process.execPath, [file], {
    cwd: dirname(file),
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output);
}

describe.each(['browser', 'node'] as const)('a bundle for the platform %s', (platform) => {
  it('needs no externals, computes, and says which optional packages are missing', async () => {
    const code = `
      import { useEngine } from '@crossweave/core/engine';
      import { tensor1d, sum } from '@tensorflow/tfjs-core';
      useEngine().then(async ({ name, rejected }) => {
        const reasons = rejected.map((other) => [other.name, other.reason]);
        console.log(JSON.stringify([name, (await sum(tensor1d([1, 2])).data())[0], reasons]));
      });`;
    expect(run(await bundle('engine', code, platform))).toEqual([
      'cpu',
      3,
      [
        ['tensorflow-gpu', '@tensorflow/tfjs-node-gpu is not installed'],
        ...['xla:cuda', 'xla:rocm', 'xla:tpu'].map((name) => [
          ...[name, '@crossweave/tfjs-backend-xla is not installed'],
        ]),
        ['onnx', '@crossweave/tfjs-backend-onnx is not installed'],
        ['tensorflow', '@tensorflow/tfjs-node is not installed'],
        ['wasm', '@tensorflow/tfjs-backend-wasm is not installed'],
      ],
    ]);
  });

  it('keeps the names of errors', async () => {
    const kinds = Object.keys(errors).filter((name) => /^[A-Z]/.test(name));
    expect(kinds.length).toBeGreaterThan(7);
    const code = `
      import * as core from '@crossweave/core';
      const names = ${JSON.stringify(kinds)}.map((kind) => {
        const error = kind === 'CrossweaveError' ? new core[kind]('x', 'y') : new core[kind]('y');
        return [error.name, String(error), core.isCrossweaveError(error)];
      });
      console.log(JSON.stringify(names));`;
    expect(run(await bundle('errors', code, platform))).toEqual(
      kinds.map((kind) => [kind, `${kind}: y.`, true]),
    );
  });
});
