/**
 * Checks the map: every package holds the same files, publishes what it built, and depends only
 * downwards (docs/architecture.md). Prints what is wrong and exits 1.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packages, root } from './workspace.mjs';

/** Which own packages each package may depend on. */
const allowed = {
  '@crossweave/tfjs-backend-onnx': [],
  '@crossweave/tfjs-backend-xla': ['@crossweave/tfjs-backend-onnx'],
  '@crossweave/tfjs-backend-openvino': ['@crossweave/tfjs-backend-onnx'],
  '@crossweave/core': [
    '@crossweave/tfjs-backend-onnx',
    '@crossweave/tfjs-backend-openvino',
    '@crossweave/tfjs-backend-xla',
  ],
  '@crossweave/checkpoints': ['@crossweave/core'],
  '@crossweave/data': ['@crossweave/core', '@crossweave/checkpoints'],
  '@crossweave/image-encoder': ['@crossweave/core', '@crossweave/checkpoints'],
  '@crossweave/text-encoder': ['@crossweave/core', '@crossweave/checkpoints'],
  '@crossweave/fusion': ['@crossweave/core'],
  '@crossweave/losses': ['@crossweave/core'],
  '@crossweave/trainer': ['@crossweave/core', '@crossweave/checkpoints'],
  '@crossweave/models': [
    '@crossweave/core',
    '@crossweave/checkpoints',
    '@crossweave/data',
    '@crossweave/image-encoder',
    '@crossweave/text-encoder',
    '@crossweave/fusion',
    '@crossweave/trainer',
    '@crossweave/lab',
  ],
  '@crossweave/lab': [
    '@crossweave/core',
    '@crossweave/checkpoints',
    '@crossweave/data',
    '@crossweave/trainer',
  ],
  crossweave: 'all',
};
const required = [
  'LICENSE',
  'README.md',
  'package.json',
  'src/index.ts',
  'tsconfig.json',
  'tsup.config.ts',
];
const maximumLines = 300;
/** Files that are no code of their own: names, registrations, tests and what only tests use. */
const notTested = /(^|\/)(index|register|gradients|bin)\.ts$|\.test(-d)?\.ts$|\.testing\.ts$/;

const problems = [];
const problem = (where, what) => problems.push(`${relative(root, where)}: ${what}`);

for (const { path, manifest } of packages()) {
  for (const file of required) if (!existsSync(join(path, file))) problem(path, `lacks ${file}`);

  const may = allowed[manifest.name];
  if (may === undefined) problem(path, `is not on the map in tooling/structure.mjs`);
  const own = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
    (name) => name.startsWith('@crossweave/') || name === 'crossweave',
  );
  for (const name of own) {
    if (may !== 'all' && !may?.includes(name)) problem(path, `may not depend on ${name}`);
  }
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (name === '@tensorflow/tfjs-core' && manifest.name !== 'crossweave') {
      problem(path, 'has tfjs-core as a dependency; it must be a peer, so that there is one');
    }
  }

  const built = new Set(
    existsSync(join(path, 'dist'))
      ? readdirSync(join(path, 'dist'))
          // Chunks are imported by the others; the program of a thread is started by its file.
          .filter((file) => file.endsWith('.js') && !/-([A-Z0-9]{8}|worker)\.js$/.test(file))
          .map((file) => `./dist/${file}`)
      : [],
  );
  const exported = new Set(Object.values(manifest.bin ?? {}));
  for (const [door, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue;
    const conditions = Object.keys(target).join(' ');
    if (conditions !== '@crossweave/source types default') {
      problem(
        path,
        `exports["${door}"] must have the source condition, types, default in this order`,
      );
    }
    exported.add(target.default);
    for (const file of Object.values(target)) {
      if (!existsSync(join(path, file)))
        problem(path, `exports["${door}"] names ${file}, which is not there`);
    }
  }
  for (const file of built)
    if (!exported.has(file)) problem(path, `built ${file}, which nothing exports`);

  for (const file of sources(join(path, 'src'))) {
    const text = readFileSync(file, 'utf8');
    const lines = text.split('\n').length;
    if (lines > maximumLines && !file.endsWith('.test.ts')) {
      problem(file, `has ${lines} lines; split it (at most ${maximumLines})`);
    }
    for (const [, name, body] of text.matchAll(/^export class (\w+Error) [^{]*\{\n(.*?)^\}/gms)) {
      if (!body.includes(`name: string = '${name}'`) && !body.includes(`name = '${name}'`)) {
        problem(file, `${name} must carry its name as a text (override readonly name)`);
      }
    }
    if (!notTested.test(relative(path, file)) && hasCode(text)) {
      const tested = readdirSync(dirname(file)).some((name) => name.endsWith('.test.ts'));
      if (!tested) problem(file, 'lies in a folder without any test');
    }
  }
}

/** Whether a file holds more than types, re-exports and registrations. */
function hasCode(text) {
  return /(^|\n)(export )?(async )?(function|class) /.test(text);
}

function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return name.endsWith('.ts') ? [path] : [];
  });
}

const [, program] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
const example = join(root, 'examples/first-model/first-model.ts');
if (program !== readFileSync(example, 'utf8')) {
  problem(example, "differs from the README's first program");
}

for (const line of problems) console.error(line);
console.log(
  problems.length === 0 ? 'structure: as it should be' : `structure: ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);
