/**
 * Packs every package as it would be published, checks its declarations (attw), installs it with
 * npm into an empty folder with nothing but its own dependencies, imports and requires every entry
 * and compiles a program against its types.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packages, pnpm, root, run, tool } from './workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'crossweave-packed-'));
let failures = 0;

function expectSuccess(what, { code, output }) {
  if (code === 0) return true;
  failures++;
  console.error(`${what} failed:\n${output}`);
  return false;
}

try {
  const tarballs = new Map();
  for (const { path, manifest } of packages()) {
    const out = join(folder, 'tarballs', manifest.name);
    mkdirSync(out, { recursive: true });
    const packed = await pnpm(['pack', '--pack-destination', out], { capture: true, cwd: path });
    if (!expectSuccess(`packing ${manifest.name}`, packed)) continue;
    tarballs.set(manifest.name, join(out, readdirSync(out)[0]));
  }

  for (const { manifest } of packages()) {
    const { name } = manifest;
    const tarball = tarballs.get(name);
    if (tarball === undefined) continue;
    expectSuccess(
      `declarations of ${name}`,
      await tool('@arethetypeswrong/cli', [tarball, '--profile', 'esm-only'], { capture: true }),
    );
    await installAndUse(name, manifest, tarballs);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);

async function installAndUse(name, manifest, tarballs) {
  const project = join(folder, 'projects', name);
  mkdirSync(project, { recursive: true });
  const own = ownDependencies(name);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      private: true,
      type: 'module',
      dependencies: Object.fromEntries(
        [...own].map((each) => [each, `file:${tarballs.get(each)}`]),
      ),
      // Published siblings come from the registry; here they are the tarballs of this build.
      overrides: Object.fromEntries([...own].map((each) => [each, `$${each}`])),
    }),
  );
  const installed = await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'],
    { capture: true, cwd: project },
  );
  if (!expectSuccess(`npm install of ${name}`, installed)) return;

  const doors = Object.keys(manifest.exports)
    .filter((door) => door !== './package.json')
    .map((door) => name + door.slice(1))
    // The conformance suites are for test runners; importing them needs nothing more.
    .sort();
  const imports = doors.map((door, i) => `import * as door${i} from '${door}';`).join('\n');
  const uses = doors.map((_, i) => `if (typeof door${i} !== 'object') throw new Error('empty');`);
  const program = `${imports}\n${uses.join('\n')}\nexport {};\n`;
  writeFileSync(join(project, 'use.mjs'), program);
  const requires = doors.map((door) => `if (typeof require('${door}') !== 'object') throw 0;`);
  writeFileSync(join(project, 'use.cjs'), requires.join('\n'));
  writeFileSync(join(project, 'use.ts'), program);
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        ...{ module: 'NodeNext', moduleResolution: 'NodeNext', target: 'ES2022', strict: true },
        ...{
          noEmit: true,
          skipLibCheck: false,
          types: [],
          lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
        },
      },
      files: ['use.ts'],
    }),
  );
  expectSuccess(
    `importing ${doors.join(', ')}`,
    await run(process.execPath, ['use.mjs'], { capture: true, cwd: project }),
  );
  expectSuccess(
    `requiring ${doors.join(', ')}`,
    await run(process.execPath, ['use.cjs'], { capture: true, cwd: project }),
  );
  const compiled = await run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'],
    { capture: true, cwd: project },
  );
  expectSuccess(`types of ${name}`, ignoreForeign(compiled));
}

/** Errors inside third-party declarations are not ours to fail on. */
function ignoreForeign({ code, output }) {
  const ours = output
    .split('\n')
    .filter((line) => /error TS/.test(line) && !/node_modules\/(?!@?crossweave)/.test(line));
  return code !== 0 && ours.length === 0 ? { code: 0, output } : { code, output: ours.join('\n') };
}

/** A package and all own packages below it. */
function ownDependencies(name, seen = new Set()) {
  seen.add(name);
  const { manifest } = packages().find((each) => each.manifest.name === name);
  const names = new Set(packages().map((each) => each.manifest.name));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (names.has(dependency) && !seen.has(dependency)) ownDependencies(dependency, seen);
  }
  return seen;
}
