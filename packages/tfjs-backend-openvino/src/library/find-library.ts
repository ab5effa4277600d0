import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OpenvinoBackendError } from '../errors';

/** Names OpenVINO's C library, or a Python environment that has the package `openvino`. */
export const VARIABLE = 'CROSSWEAVE_OPENVINO';
/** Where an activated Python environment says that it is. */
const ENVIRONMENTS = ['VIRTUAL_ENV', 'CONDA_PREFIX'];

/** The C library's name in the wheel: `libopenvino_c.so.2641`, `libopenvino_c.2641.dylib` or `openvino_c.dll`. */
const C_LIBRARY = /^(libopenvino_c\.(so(\.\d+)*|(\d+\.)*dylib)|openvino_c\.dll)$/;

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of this package; null in a bundle, which has none. */
function ownFolder(): string | null {
  try {
    const name = '@crossweave/tfjs-backend-openvino/package.json';
    return dirname(createRequire(import.meta.url).resolve(name));
  } catch {
    return null;
  }
}

/**
 * OpenVINO's C library: the file that `CROSSWEAVE_OPENVINO` names, or the library in the Python
 * environment that it names; else the library that `crossweave engine add openvino` put into this
 * package, or the one in the activated environment. @param own the folder of this package.
 * @throws OpenvinoBackendError `library` if there is none, with the places that were searched.
 */
export function findLibrary(
  environment: Environment = process.env,
  own: string | null = ownFolder(),
): string {
  const named = environment[VARIABLE] ?? '';
  if (named !== '') {
    if (!existsSync(named)) throw missing(`${VARIABLE} names ${named}, which does not exist`);
    if (statSync(named).isFile()) return named;
    const found = inFolder(named);
    if (found !== null) return found;
    throw missing(`${VARIABLE} names ${named}, which has no libopenvino_c`);
  }
  const provisioned = own === null ? null : inFolder(join(own, 'library'));
  if (provisioned !== null) return provisioned;
  const folders = ENVIRONMENTS.map((name) => environment[name] ?? '').filter((path) => path !== '');
  for (const folder of folders) {
    const found = inFolder(folder);
    if (found !== null) return found;
  }
  const searched = folders.length === 0 ? 'no Python environment is activated' : folders.join(', ');
  throw missing(`${VARIABLE} is not set; searched: ${searched}`);
}

/** The library in a Python environment, in `site-packages`, or in the folder itself. */
function inFolder(folder: string): string | null {
  const lib = join(folder, 'lib');
  const versions = list(lib).filter((name) => /^python\d/.test(name));
  const packages = [
    folder,
    join(folder, 'Lib', 'site-packages'),
    ...versions.map((name) => join(lib, name, 'site-packages')),
  ];
  for (const place of [folder, ...packages.map((path) => join(path, 'openvino', 'libs'))]) {
    const name = list(place).find((file) => C_LIBRARY.test(file));
    if (name !== undefined) return join(place, name);
  }
  return null;
}

/** The names in a folder, sorted; none if there is no such folder. */
function list(folder: string): string[] {
  return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
}

function missing(why: string): OpenvinoBackendError {
  return new OpenvinoBackendError('library', `OpenVINO is not installed: ${why}.`, undefined, {
    advice:
      'It comes as a Python package: npx crossweave engine add openvino, or python3 -m venv ' +
      `openvino && openvino/bin/pip install --no-deps openvino and ${VARIABLE}=$PWD/openvino.`,
  });
}
