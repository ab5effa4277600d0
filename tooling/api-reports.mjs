/**
 * `npm run api`: writes `packages/<package>/api/<door>.api.md`, what each door of each package
 * exports with its types, so that a breaking change is seen in review. With `--check` nothing is
 * written, and a report that is not up to date is an error. The packages must be built.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { packages, root } from './workspace.mjs';

const check = process.argv.includes('--check');
let failures = 0;

for (const { path, manifest } of packages()) {
  if (!check) mkdirSync(join(path, 'api'), { recursive: true });
  for (const [door, { types } = {}] of Object.entries(manifest.exports)) {
    if (types === undefined) continue;
    const name = door === '.' ? 'index' : door.slice(2).replaceAll('/', '-');
    const entry = join(path, types);
    if (!existsSync(entry)) {
      console.error(`${manifest.name}: ${types} is missing; run npm run build first`);
      failures++;
      continue;
    }
    const found = Extractor.invoke(configOf(path, entry, name), {
      localBuild: !check,
      messageCallback: quieten,
    });
    if (!found.apiReportChanged && found.succeeded) continue;
    console.log(`${manifest.name}/api/${name}.api.md ${check ? 'is not up to date' : 'written'}`);
    if (check || !found.succeeded) failures++;
  }
}
if (failures > 0) {
  console.error('npm run api writes the reports; look at what changed, and commit it.');
  process.exit(1);
}

function configOf(path, entry, name) {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(path, 'package.json'),
    configObject: {
      projectFolder: path,
      mainEntryPointFilePath: entry,
      // Types of a sibling stand by their names; they are in its own report.
      bundledPackages: [],
      compiler: {
        overrideTsconfig: {
          extends: join(root, 'tsconfig.base.json'),
          compilerOptions: { skipLibCheck: true, types: ['node'], customConditions: [] },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(path, 'api'),
        reportTempFolder: join(path, 'node_modules', '.api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
  });
}

/** The reports are for review: what the tool would have of comments is not asked of them. */
function quieten(message) {
  if (message.messageId.startsWith('ae-') || message.messageId.startsWith('tsdoc-')) {
    message.logLevel = ExtractorLogLevel.None;
  }
  if (message.messageId.startsWith('console-') && message.logLevel !== ExtractorLogLevel.Error) {
    message.handled = true;
  }
}
