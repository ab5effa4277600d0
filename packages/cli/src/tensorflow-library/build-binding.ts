import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '@crossweave/core';
import { bindingFile, type AddonPackage } from './addon-package';
import type { Library } from './library';
import { placeLibrary } from './library';
import { runProgram } from './run-program';
import type { BuildTools } from './tools';

/**
 * Builds the package's binding against a library, in a folder laid out as the package is:
 * `lib/napi-v<N>/tfjs_binding.node` finds the shared objects in `deps/lib` by a relative path, so
 * both may be moved together.
 *
 * @throws EngineError with the compiler's last lines when it does not build.
 */
export async function buildBinding(
  addon: AddonPackage,
  library: Library,
  { nodeGyp, nodedir, python }: BuildTools,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ['binding', 'binding.gyp', 'package.json']) {
    await cp(join(addon.folder, name), join(folder, name), { recursive: true });
  }
  await placeLibrary(library, join(folder, 'deps/lib'));
  await cp(library.include, join(folder, 'deps/include'), { recursive: true });
  const target = join(folder, 'lib', `napi-v${addon.napi}`);
  await mkdir(target, { recursive: true });
  // The variables are those that node-pre-gyp would give.
  const variables = [
    '--module_name=tfjs_binding',
    `--module_path=${target}`,
    `--napi_version=${process.versions['napi'] ?? addon.napi}`,
    `--napi_build_version=${addon.napi}`,
  ];
  const args = [nodeGyp, 'rebuild', `--directory=${folder}`, `--nodedir=${nodedir}`, ...variables];
  await runProgram(process.execPath, args, {
    doing: "building tfjs-node's binding",
    advice: 'Another release of TensorFlow may fit its sources: --tensorflow VERSION.',
    env: { ...process.env, PYTHON: python },
    signal,
  });
}

/**
 * Loads a binding in a process of its own and resolves with TensorFlow's version.
 *
 * @throws EngineError when it does not load here.
 */
export async function tryBinding(bindingFolder: string, signal: AbortSignal): Promise<string> {
  const script =
    'try { process.stdout.write(require(process.argv[1]).TF_Version) }' +
    'catch (error) { console.error(error.message.split("\\n")[0]); process.exitCode = 1 }';
  const version = await runProgram(
    process.execPath,
    ['--eval', script, join(bindingFolder, bindingFile)],
    {
      doing: 'loading the binding',
      advice: 'The library does not fit this machine; take another: --tensorflow or --from.',
      signal,
    },
  );
  if (/^\d+\.\d+/.test(version)) return version;
  throw new EngineError('the binding does not tell the version of its library', {
    where: bindingFolder,
    got: version,
  });
}
