/**
 * Packs every package as it would be published and uses it as a stranger would: publint and attw on
 * the tarball; `npm install` into an empty folder with nothing but the package's own dependencies
 * and no flags; every entry imported, required and compiled against; then the README's commands and
 * program on what `npm install crossweave` gives.
 */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstContact } from './first-contact.mjs';
import { packAll } from './pack.mjs';
import { packages, root, run, tool } from './workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'crossweave-packed-'));
const manifests = new Map(packages().map(({ manifest }) => [manifest.name, manifest]));
let failures = 0;

function expectSuccess(what, { code, output }) {
  if (code === 0) return true;
  failures++;
  console.error(`${what} failed:\n${output}`);
  return false;
}

try {
  const tarballs = await packAll(join(folder, 'tarballs'), expectSuccess);
  // Two at a time: an installation waits for the network and the disk more than it computes.
  await inLanes([...tarballs], 2, async ([name, tarball]) => {
    expectSuccess(
      `publint of ${name}`,
      await tool('publint', [tarball, '--strict'], { capture: true }),
    );
    expectSuccess(
      `declarations of ${name}`,
      await tool('@arethetypeswrong/cli', [tarball, '--profile', 'esm-only'], { capture: true }),
    );
    expectSuccess(
      `licence of ${name}`,
      await run('tar', ['-xOf', tarball, 'package/LICENSE'], { capture: true }),
    );
    await installAndUse(name, tarballs);
  });
  await firstContact(join(folder, 'projects', 'crossweave'), expectSuccess);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);

/** Calls `work` with every item, `count` of them at a time. */
async function inLanes(items, count, work) {
  const lane = async () => {
    for (let item = items.shift(); item !== undefined; item = items.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: count }, lane));
}

async function installAndUse(name, tarballs) {
  const project = join(folder, 'projects', name);
  mkdirSync(project, { recursive: true });
  // Published siblings come from the registry; here they are the tarballs of this build.
  const own = Object.fromEntries(
    [...withOwn(name)].map((each) => [each, `file:${tarballs.get(each)}`]),
  );
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: own }),
  );
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline'];
  const installed = await run('npm', install, { capture: true, cwd: project });
  if (!expectSuccess(`npm install of ${name}`, installed)) return;
  expectSuccess(`install scripts of ${name}`, withoutScripts(project));

  const doors = Object.keys(manifests.get(name).exports)
    .filter((door) => door !== './package.json')
    .map((door) => name + door.slice(1))
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
  for (const file of ['use.mjs', 'use.cjs']) {
    expectSuccess(
      `${file} of ${doors.join(', ')}`,
      await run(process.execPath, [file], { capture: true, cwd: project }),
    );
  }
  const compiled = await run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'],
    { capture: true, cwd: project },
  );
  expectSuccess(`types of ${name}`, ignoreForeign(compiled));
}

/** Whether anything that was installed has a script that would run, or fail, at a user's. */
function withoutScripts(project) {
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  const having = Object.entries(lock.packages).filter(
    ([, { hasInstallScript }]) => hasInstallScript,
  );
  return { code: having.length, output: having.map(([path]) => path).join('\n') };
}

/** Errors inside third-party declarations are not ours to fail on. */
function ignoreForeign({ code, output }) {
  const ours = output
    .split('\n')
    .filter((line) => /error TS/.test(line) && !/node_modules\/(?!@?crossweave)/.test(line));
  return code !== 0 && ours.length === 0 ? { code: 0, output } : { code, output: ours.join('\n') };
}

/** A package and all own packages below it. */
function withOwn(name, seen = new Set()) {
  seen.add(name);
  for (const dependency of Object.keys(manifests.get(name).dependencies ?? {})) {
    if (manifests.has(dependency) && !seen.has(dependency)) withOwn(dependency, seen);
  }
  return seen;
}
