import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { basename, join } from 'node:path';
import { EngineError, FileFormatError } from '@crossweave/core';
import { runProgram } from './run-program';
import { unpackZip } from './zip';

/** The headers that the binding includes, directly or through others; a wheel has 13,000. */
const headers = /^tensorflow\/include\/(tensorflow\/(c|core\/platform|tsl)|tsl|xla\/tsl)\//;
const library = /^tensorflow\/libtensorflow_(cc|framework)\.so/;
/** Of NVIDIA's wheels all but headers. */
const cuda = /^nvidia\/(?!.*\/include\/)/;
const metadata = /^tensorflow\w*-[^/]+\.dist-info\/METADATA$/;

/** Wheels bind to a version of Python, their C library to none: one for which there are wheels. */
function pythonVersionOf(requirement: string): string {
  const minor = /^tensorflow.*==2\.(\d+)\./.exec(requirement)?.[1];
  return minor !== undefined && Number(minor) < 16 ? '3.11' : '3.12';
}

/** The requirement that pip gets: for x64 there is a smaller wheel without GPU support. */
export function requirementOf(version: string, gpu: boolean): string {
  return `${!gpu && arch() === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==${version}`;
}

/**
 * Downloads wheels from the index that pip is configured with, whatever its own Python's version.
 *
 * @throws EngineError when there is no pip, or pip cannot get one.
 */
export async function downloadWheels(
  python: string,
  requirements: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  await runProgram(python, ['-m', 'pip', '--version'], {
    doing: 'looking for pip',
    advice:
      'Install pip (python3 -m ensurepip; Debian and Ubuntu: apt install python3-pip), or give a ' +
      'wheel or a libtensorflow archive: --from PATH.',
    signal,
  });
  const pythonVersion = pythonVersionOf(requirements[0] ?? '');
  const choice = ['--no-deps', '--only-binary=:all:', '--python-version', pythonVersion];
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];
  await runProgram(
    python,
    ['-m', 'pip', 'download', ...choice, ...quiet, '--dest', folder, ...requirements],
    {
      doing: `downloading ${requirements.join(', ')}`,
      advice:
        'Check the index pip uses (python3 -m pip config list), try another release with ' +
        '--tensorflow, or give a wheel or a libtensorflow archive: --from PATH.',
      signal,
    },
  );
  const files = await readdir(folder);
  return files.filter((name) => name.endsWith('.whl')).map((name) => join(folder, name));
}

/**
 * Unpacks what a binding needs of a TensorFlow wheel.
 *
 * @throws EngineError for a wheel of another platform, FileFormatError for a file that is none.
 */
export async function unpackWheel(
  wheel: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  checkPlatform(wheel);
  const wanted = (name: string): boolean =>
    library.test(name) || headers.test(name) || metadata.test(name);
  await mkdir(folder, { recursive: true });
  await unpackZip(wheel, folder, wanted, signal);
}

/** Downloads the CUDA libraries an unpacked TensorFlow wheel asks for, and puts them in `target`. */
export async function addCuda(
  python: string,
  unpacked: string,
  { scratch, target }: { readonly scratch: string; readonly target: string },
  signal: AbortSignal,
): Promise<string[]> {
  const requirements = cudaRequirements(await metadataOf(unpacked));
  if (requirements.length === 0) return [];
  const wheels = await downloadWheels(python, requirements, scratch, signal);
  for (const wheel of wheels) {
    await unpackZip(wheel, target, (name) => cuda.test(name), signal);
    await rm(wheel);
  }
  return wheels.map((wheel) => basename(wheel).split('-').slice(0, 2).join(' '));
}

async function metadataOf(unpacked: string): Promise<string> {
  const info = (await readdir(unpacked)).find((name) => name.endsWith('.dist-info'));
  return info === undefined ? '' : readFile(join(unpacked, info, 'METADATA'), 'utf8');
}

/**
 * The requirements that a wheel's metadata name for its extra `and-cuda`.
 *
 * @throws FileFormatError for one that is no name with versions
 */
export function cudaRequirements(metadata: string): string[] {
  return metadata.split('\n').flatMap((line) => {
    const [, requirement] =
      /^Requires-Dist: ([^;]+?) *;.*extra == ["']and-cuda["']/.exec(line) ?? [];
    if (requirement === undefined) return [];
    // A name and versions: neither an option of pip nor an address.
    if (/^[A-Za-z0-9][\w.-]*[\w\s.,<>=!~*()[\]+-]*$/.test(requirement)) return [requirement];
    throw new FileFormatError('the wheel asks for something that is no package', {
      where: 'METADATA',
      expected: 'a name and versions',
      got: requirement,
    });
  });
}

/** A wheel's file name ends with the platform it is for. */
function checkPlatform(wheel: string): void {
  const got = /-([^-]+)\.whl$/.exec(basename(wheel))?.[1] ?? '';
  const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
  if (platform() === 'linux' && got.includes('linux') && got.includes(machine)) return;
  throw new EngineError('the wheel is for another platform', {
    where: wheel,
    expected: `a wheel for ${platform()} ${machine}`,
    got: got === '' ? basename(wheel) : got,
  });
}
