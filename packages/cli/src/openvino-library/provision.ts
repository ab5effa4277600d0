import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EngineError, FileFormatError } from '@crossweave/core';
import { readJson, writeJsonAtomic } from '@crossweave/core/node';
import { Interrupted } from '../interrupted';
import { findPython } from '../tensorflow-library/tools';
import { downloadWheels } from '../tensorflow-library/wheel';
import { unpackZip } from '../tensorflow-library/zip';

const packageName = '@crossweave/tfjs-backend-openvino';
/** The release that the package was tested with, and the SHA-256 of its wheel for Linux on x64. */
const release = '2026.4.1';
const sha256 = '6b4375c17ddcac83a5180349e2e2bb811185c261066e2a920659892d58ef0e3b';
/** Where the package looks for a library that was provisioned. */
const libraryFolder = 'library';
const recordFile = 'crossweave.json';

/** What the CPU needs: not the plugins for other devices, nor the readers of other formats. */
const wanted =
  /^openvino\/libs\/lib(openvino|openvino_c|openvino_intel_cpu_plugin|openvino_onnx_frontend|tbb|tbbmalloc|tbbbind_2_5|hwloc)\.so(\.\d+)*$|\.dist-info\/(METADATA|licenses\/.*)$/;

export interface OpenvinoOptions {
  /** The folder of the installed package, see {@link openvinoPackage}. */
  readonly folder: string;
  /** A wheel of `openvino`; without it pip gets the release that the package was tested with. */
  readonly from?: string;
  /** Puts the library there anew, also if it is there. */
  readonly force: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What was put into the package, as its `library/crossweave.json` tells. */
export interface OpenvinoProvision {
  /** What pip was asked for, or the path of the wheel. */
  readonly source: string;
  readonly sha256: string;
}

/** The folder of the installed package, as a program in `from` or the engines find it. */
export function openvinoPackage(from: string = process.cwd()): string {
  const places = [
    join(from, 'package.json'),
    createRequire(import.meta.url).resolve('@crossweave/core/package.json'),
  ];
  for (const place of places) {
    try {
      return dirname(createRequire(place).resolve(`${packageName}/package.json`));
    } catch {
      // Not seen from there; the next place, or the error below.
    }
  }
  throw new EngineError(`${packageName} is not installed`, {
    where: 'crossweave engine',
    advice: `Install it, and koffi without its script: npm install ${packageName}; npm install --ignore-scripts koffi@3.3.4`,
  });
}

/**
 * Gives the package OpenVINO's library. Everything is made in a folder beside its place, then
 * renamed; a run that ends early leaves the package as it was.
 *
 * @throws EngineError when something is missing, or the wheel is not the one that is expected.
 */
export async function provisionOpenvino(
  options: OpenvinoOptions,
): Promise<OpenvinoProvision & { changed: boolean }> {
  const { folder, from, force, say, signal } = options;
  const target = join(folder, libraryFolder);
  const source = from === undefined ? `openvino==${release}` : resolve(from);
  const recorded = join(target, recordFile);
  if (!force && existsSync(recorded)) {
    const record = (await readJson(recorded)) as OpenvinoProvision;
    if (record.source === source) return { ...record, changed: false };
  }
  const staging = join(folder, `.crossweave-${process.pid}`);
  try {
    await mkdir(staging, { recursive: true });
    const wheel = from === undefined ? await download(source, staging, say, signal) : source;
    const digest = await digestOf(wheel, signal);
    if (from === undefined && digest !== sha256) throw otherWheel(wheel, digest);
    say('Unpacking it');
    const unpacked = join(staging, 'unpacked');
    const names = await unpackZip(wheel, unpacked, (name) => wanted.test(name), signal);
    if (!names.some((name) => name.includes('libopenvino_c.so'))) throw noLibrary(wheel);
    const libs = join(unpacked, 'openvino', 'libs');
    for (const name of await readdir(unpacked)) {
      if (name.endsWith('.dist-info')) await rename(join(unpacked, name), join(libs, name));
    }
    const record = { source, sha256: digest };
    await writeJsonAtomic(join(libs, recordFile), record);
    if (existsSync(target)) await rename(target, join(staging, 'old'));
    await rename(libs, target);
    return { ...record, changed: true };
  } catch (error) {
    // Whatever the interruption broke off, a half-unpacked file for instance.
    throw signal.aborted ? new Interrupted('Stopped; the package is as it was.') : error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes what {@link provisionOpenvino} put there; resolves with false when there is nothing. */
export async function removeOpenvino(folder: string): Promise<boolean> {
  const target = join(folder, libraryFolder);
  if (!existsSync(join(target, recordFile))) return false;
  await rm(target, { recursive: true });
  return true;
}

async function download(
  source: string,
  staging: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new EngineError('the library is provisioned on Linux on x64 only', {
      where: 'crossweave engine add openvino',
      expected: 'linux x64',
      got: `${platform()} ${arch()}`,
      advice: 'Install the Python package openvino and set CROSSWEAVE_OPENVINO.',
    });
  }
  say(`Downloading ${source} with pip`);
  const python = await findPython(signal, process.env);
  const [wheel = ''] = await downloadWheels(python, [source], join(staging, 'wheels'), signal);
  return wheel;
}

/** The SHA-256 of a file, in hex. */
async function digestOf(path: string, signal: AbortSignal): Promise<string> {
  if (!existsSync(path)) {
    throw new EngineError('the wheel does not exist', { where: path, expected: 'a file .whl' });
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

function otherWheel(wheel: string, digest: string): EngineError {
  return new EngineError('the wheel is not the one that was tested', {
    where: basename(wheel),
    expected: `SHA-256 ${sha256}`,
    got: digest,
    advice: 'Check the index pip uses (python3 -m pip config list), or give a wheel: --from PATH.',
  });
}

function noLibrary(wheel: string): FileFormatError {
  return new FileFormatError('the wheel has no library of OpenVINO', {
    where: wheel,
    expected: 'openvino/libs/libopenvino_c.so, as in a wheel of openvino for Linux',
  });
}
