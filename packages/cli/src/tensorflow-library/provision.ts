import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ConfigError, EngineError } from '@crossweave/core';
import { readJson, writeJsonAtomic } from '@crossweave/core/node';
import { Interrupted } from '../interrupted';
import { bindingFile, type AddonPackage } from './addon-package';
import { buildBinding, tryBinding } from './build-binding';
import { findLibrary, type Library } from './library';
import { runProgram } from './run-program';
import { findTools } from './tools';
import { addCuda, downloadWheels, requirementOf, unpackWheel } from './wheel';

export interface ProvisionOptions {
  readonly addon: AddonPackage;
  readonly gpu: boolean;
  /** A wheel, a libtensorflow archive or a folder of either; without it pip gets the release. */
  readonly from?: string;
  /** The release of TensorFlow that pip gets. */
  readonly tensorflow: string;
  /** Builds anew what is there already. */
  readonly force: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What was put into the package, as its `deps/crossweave.json` tells. */
export interface Provision {
  readonly tensorflow: string;
  /** What pip was asked for, or the path. */
  readonly source: string;
  /** The CUDA packages that came with it. */
  readonly cuda: readonly string[];
}

/** Beside the library: whoever finds this file there knows that it may be removed. */
const recordFile = 'crossweave.json';

/**
 * Gives tfjs-node a native library and the binding for it. Everything is made and tried in a
 * folder beside its place, then renamed; a run that ends early leaves the package as it was.
 *
 * @throws EngineError when something is missing or does not work; Interrupted.
 */
export async function provision(
  options: ProvisionOptions,
): Promise<Provision & { changed: boolean }> {
  const { addon, gpu, from, tensorflow, force, say, signal } = options;
  if (platform() !== 'linux') throw otherPlatform(addon);
  const source = from === undefined ? requirementOf(tensorflow, gpu) : resolve(from);
  const present = force ? undefined : await presentProvision(addon, source, options);
  if (present !== undefined) return { ...present, changed: false };

  const staging = await makeStaging(addon.folder);
  try {
    const tools = await findTools(signal);
    const build = join(staging, 'build');
    const unpacked = join(staging, 'unpacked');
    const wheels = join(staging, 'wheels');
    let library: Library;
    let cuda: string[] = [];
    if (from === undefined) {
      say(`Downloading ${source} with pip`);
      const [wheel = ''] = await downloadWheels(tools.python, [source], wheels, signal);
      await unpackWheel(wheel, unpacked, signal);
      await rm(wheel);
      library = await findLibrary(unpacked);
      if (gpu) {
        say('Downloading the CUDA libraries it asks for');
        const places = { scratch: wheels, target: join(build, 'deps') };
        cuda = await addCuda(tools.python, unpacked, places, signal);
      }
    } else {
      library = await openSource(source, unpacked, signal);
    }
    say('Building the binding');
    await buildBinding(addon, library, tools, build, signal);
    await rm(join(build, 'deps/include'), { recursive: true });
    say('Trying it');
    const binding = join(build, 'lib', `napi-v${addon.napi}`);
    const record = { tensorflow: await tryBinding(binding, signal), source, cuda };
    await writeJsonAtomic(join(build, 'deps', recordFile), record);
    await replace(addon, build, staging);
    return { ...record, changed: true };
  } catch (error) {
    // Whatever the interruption broke off, a half-unpacked file for instance.
    throw signal.aborted ? new Interrupted('Stopped; the package is as it was.') : error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Removes what {@link provision} put there; resolves with false when there is nothing.
 *
 * @throws ConfigError when the library came from elsewhere.
 */
export async function removeProvision(addon: AddonPackage): Promise<boolean> {
  const deps = join(addon.folder, 'deps');
  if (!existsSync(join(deps, recordFile))) {
    if (!existsSync(join(addon.bindingFolder, bindingFile))) return false;
    throw new ConfigError('the library is not one that "engine add" put there', {
      where: addon.folder,
      advice: `Remove the package instead: npm uninstall ${addon.name}`,
    });
  }
  await rm(dirname(addon.bindingFolder), { recursive: true, force: true });
  await rm(deps, { recursive: true });
  return true;
}

/** What is there already, if it is what is wanted and loads. */
async function presentProvision(
  addon: AddonPackage,
  source: string,
  { from, say, signal }: ProvisionOptions,
): Promise<Provision | undefined> {
  if (!existsSync(join(addon.bindingFolder, bindingFile))) return undefined;
  const recorded = join(addon.folder, 'deps', recordFile);
  const record = existsSync(recorded) ? ((await readJson(recorded)) as Provision) : undefined;
  // A library that the package's own script fetched serves whoever names no other.
  if (record === undefined ? from !== undefined : record.source !== source) return undefined;
  try {
    const tensorflow = await tryBinding(addon.bindingFolder, signal);
    return record ?? { tensorflow, source: `${addon.name}'s own script`, cuda: [] };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    say(`What is there does not load: ${error.message}`);
    return undefined;
  }
}

/** @throws EngineError when the path holds no library for this machine. */
async function openSource(source: string, unpacked: string, signal: AbortSignal): Promise<Library> {
  if (!existsSync(source)) {
    throw new EngineError('the path of the library does not exist', {
      where: source,
      expected: 'a wheel, a libtensorflow archive, or a folder of either',
    });
  }
  if ((await stat(source)).isDirectory()) return findLibrary(source);
  if (source.endsWith('.whl')) {
    await unpackWheel(source, unpacked, signal);
  } else {
    await mkdir(unpacked);
    await runProgram('tar', ['-xf', source, '-C', unpacked], {
      doing: 'unpacking the archive',
      advice: 'It must be a wheel (.whl), or a libtensorflow archive that tar reads.',
      signal,
    });
  }
  return findLibrary(unpacked);
}

/** A folder on the same disk as the package; those of runs that were killed go. */
async function makeStaging(folder: string): Promise<string> {
  const prefix = '.crossweave-';
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length)))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  const staging = join(folder, `${prefix}${process.pid}`);
  try {
    await mkdir(join(staging, 'wheels'), { recursive: true });
  } catch (cause) {
    throw new EngineError('the package folder cannot be written to', {
      where: folder,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  return staging;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The binding goes first and comes last: whoever sees it finds its library. */
async function replace(addon: AddonPackage, build: string, staging: string): Promise<void> {
  const deps = join(addon.folder, 'deps');
  if (existsSync(addon.bindingFolder)) {
    await rename(addon.bindingFolder, join(staging, 'old-binding'));
  }
  if (existsSync(deps)) await rename(deps, join(staging, 'old-deps'));
  await rename(join(build, 'deps'), deps);
  await mkdir(dirname(addon.bindingFolder), { recursive: true });
  await rename(join(build, 'lib', `napi-v${addon.napi}`), addon.bindingFolder);
}

function otherPlatform(addon: AddonPackage): EngineError {
  return new EngineError('the library is provisioned on Linux only', {
    where: 'crossweave engine add',
    expected: 'linux',
    got: platform(),
    advice: `Let ${addon.name}'s own install script fetch it, or use the engine onnx.`,
  });
}
