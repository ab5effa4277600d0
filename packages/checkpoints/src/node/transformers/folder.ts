import { basename, dirname, resolve } from 'node:path';
import type { TransformersLibrary } from './library';

/**
 * The settings of the transformers libraries are global to the process, so loads run one at a time.
 */
let lastLoad: Promise<unknown> = Promise.resolve();

/**
 * Calls `load` with a name under which the library finds the given folder, and gives its result.
 * Nothing is downloaded, and the library's settings are restored afterwards.
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
    // The library's file cache would take precedence over a folder of the same name.
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
