import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '@crossweave/core';

/** TensorFlow's C library in a folder: of a wheel, of a libtensorflow archive, or installed. */
export interface Library {
  /** The folder of its shared objects. */
  readonly folder: string;
  /** All their names: files and the links between them. */
  readonly files: readonly string[];
  /** The one with the C API: `libtensorflow.so…`, in wheels `libtensorflow_cc.so.2`. */
  readonly main: string;
  /** The one it rests on: `libtensorflow_framework.so…`. */
  readonly framework: string;
  /** The folder of its headers. */
  readonly include: string;
}

/**
 * Finds the library in `root`: beside or below `include/`, directly or in `tensorflow/`.
 *
 * @throws EngineError when it or its headers are not there.
 */
export async function findLibrary(root: string): Promise<Library> {
  for (const base of [root, join(root, 'tensorflow')]) {
    for (const folder of [join(base, 'lib'), base]) {
      if (!existsSync(folder)) continue;
      const files = (await readdir(folder)).filter((name) =>
        /^libtensorflow(_cc|_framework)?\.so/.test(name),
      );
      const main =
        files.find((name) => name.startsWith('libtensorflow.so')) ??
        files.find((name) => name.startsWith('libtensorflow_cc.so'));
      const framework = files.find((name) => name.startsWith('libtensorflow_framework.so'));
      if (main === undefined || framework === undefined) continue;
      return { folder, files, main, framework, include: findHeaders(base, folder) };
    }
  }
  throw new EngineError("TensorFlow's C library is not there", {
    where: root,
    expected: 'libtensorflow.so or libtensorflow_cc.so.2, with libtensorflow_framework.so.2',
    got: await listing(root),
    advice: 'Wheels of TensorFlow 2.12 and newer for Linux have it, and libtensorflow archives.',
  });
}

/** Copies the library to where the binding looks for it, with the names the linker asks for. */
export async function placeLibrary(library: Library, lib: string): Promise<void> {
  await mkdir(lib, { recursive: true });
  for (const name of library.files) {
    await cp(join(library.folder, name), join(lib, name), { verbatimSymlinks: true });
  }
  const links = {
    'libtensorflow.so': library.main,
    'libtensorflow_framework.so': library.framework,
  };
  for (const [name, target] of Object.entries(links)) {
    if (!library.files.includes(name)) await symlink(target, join(lib, name));
  }
}

function findHeaders(base: string, folder: string): string {
  const include = join(base, 'include');
  if (existsSync(join(include, 'tensorflow/c/c_api.h'))) return include;
  throw new EngineError("TensorFlow's headers are not there", {
    where: folder,
    expected: join(include, 'tensorflow/c/c_api.h'),
    advice: 'Take the whole archive or wheel, not the shared objects alone.',
  });
}

async function listing(folder: string): Promise<string> {
  const names = await readdir(folder);
  return names.length === 0 ? 'an empty folder' : names.slice(0, 8).join(', ');
}
