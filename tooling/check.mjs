/** `npm test`: everything that must hold before a change lands, one line of result at the end. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installIfNeeded, pnpm, run, tool } from './workspace.mjs';

let passed = 0;
let failed = 0;
let skipped = 0;

/** One check that either holds or does not; prints its output only when it does not. */
async function check(name, start) {
  const began = Date.now();
  const { code, output } = await start();
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  if (code === 0) passed++;
  else failed++;
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output);
  return code === 0;
}

/** Unit tests, counted one by one; type tests (`*.test-d.ts`) are part of the `types` check. */
async function tests() {
  const folder = join(tmpdir(), `crossweave-test-${process.pid}`);
  mkdirSync(folder);
  const report = join(folder, 'report.json');
  const { code } = await tool('vitest', [
    ...['run', '--reporter=default', '--reporter=json'],
    `--outputFile.json=${report}`,
  ]);
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    // A file that does not even load has failed, with no failed test in it.
    const brokenFiles = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    ).length;
    passed += numPassedTests;
    failed += Math.max(numFailedTests + brokenFiles, code === 0 && testResults.length > 0 ? 0 : 1);
    for (const { status, fullName, meta } of testResults.flatMap((file) => file.assertionResults)) {
      if (status !== 'skipped' && status !== 'pending') continue;
      skipped++;
      console.log(`skipped ${fullName}: ${meta.reason ?? 'no reason given'}`);
    }
  } catch {
    failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What reads the built packages, and the conformance suite. */
async function afterBuild() {
  await check('structure', () =>
    run(process.execPath, ['tooling/structure.mjs'], { capture: true }),
  );
  await check('API reports', () =>
    run(process.execPath, ['tooling/api-reports.mjs', '--check'], { capture: true }),
  );
  await check('knip', () => tool('knip', [], { capture: true }));
  await check('no import circle', () => tool('knip', ['--cycles'], { capture: true }));
  await check('a fusion and a loss of your own (examples/custom-fusion)', () =>
    pnpm(['--dir', 'examples/custom-fusion', 'run', 'test'], { capture: true }),
  );
  await check("conformance of the onnx backend with tfjs-core's own tests", () =>
    tool('tsx', ['packages/tfjs-backend-onnx/conformance/run.ts'], { capture: true }),
  );
}

await installIfNeeded();
// Each check computes on one core, and there are two.
await Promise.all([
  check('lint', () => tool('eslint', ['.'], { capture: true })),
  check('types', () => tool('typescript', ['-p', '.'], { capture: true })).then(() =>
    check('format', () => tool('prettier', ['--check', '.'], { capture: true })),
  ),
]);
if (await check('build', () => pnpm(['exec', 'turbo', 'run', 'build'], { capture: true }))) {
  await Promise.all([
    check('packed packages: contents, types, installation, first steps', () =>
      run(process.execPath, ['tooling/packed.mjs'], { capture: true }),
    ),
    afterBuild(),
  ]);
}
await tests();

console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
process.exit(failed === 0 ? 0 : 1);
