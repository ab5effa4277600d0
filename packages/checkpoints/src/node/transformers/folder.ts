import { basename, dirname, resolve } from 'node:path';
import type { TransformersLibrary } from './library';

/** The libraries' settings are global to the process: one thing is loaded at a time. */
let lastLoad: Promise<unknown> = Promise.resolve();

/**
 * What `load` makes of a folder anywhere on the disk, which the library knows under the name that
 * `load` gets. Nothing is downloaded; the library's settings are afterwards as they were.
 */
export function fromFolder<Loaded>(
  { module: { env } }: TransformersLibrary,
  folder: string,
  load: (name: string) => Promise<Loaded>,
): Promise<Loaded> {
  const path = resolve(folder);
  const loading = lastLoad.then(async () => {
    const { localModelPath, useFSCache } = env;
    env.localModelPath = `${dirname(path).replaceAll('\\', '/')}/`;
    // The file cache holds downloads by name and would win over a folder of the same name.
    env.useFSCache = false;
    try {
      return await load(basename(path));
    } finally {
      env.localModelPath = localModelPath;
      env.useFSCache = useFSCache;
    }
  });
  lastLoad = loading.catch(() => undefined);
  return loading;
}
