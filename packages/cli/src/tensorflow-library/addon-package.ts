import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineError } from '@crossweave/core';

/** An installed `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. */
export interface AddonPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** The folder where it looks for its native binding: `<folder>/lib/napi-v8`. */
  readonly bindingFolder: string;
  /** The version of Node-API that this folder is for. */
  readonly napi: number;
}

/** The name of the binding's file. */
export const bindingFile = 'tfjs_binding.node';

/**
 * Finds the package as a program in `from` would, else as the engines of `@crossweave/core` do.
 *
 * @throws EngineError when it is not installed.
 */
export function findAddonPackage(gpu: boolean, from: string = process.cwd()): AddonPackage {
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const manifestPath = resolveManifest(name, [
    join(from, 'package.json'),
    createRequire(import.meta.url).resolve('@crossweave/core/package.json'),
  ]);
  const load = createRequire(manifestPath);
  const { version } = load(manifestPath) as { version: string };
  // The package asks node-pre-gyp where its binding is; so does this.
  const { find } = load('@mapbox/node-pre-gyp') as { find: (manifestPath: string) => string };
  const bindingFolder = dirname(find(manifestPath));
  const napi = /napi-v(\d+)$/.exec(bindingFolder)?.[1];
  if (napi === undefined) {
    throw new EngineError('the package keeps its binding in a folder that is not known', {
      where: manifestPath,
      expected: 'lib/napi-v<N>',
      got: bindingFolder,
      advice: `Install ${name} 4.22.`,
    });
  }
  return { name, version, folder: dirname(manifestPath), bindingFolder, napi: Number(napi) };
}

function resolveManifest(name: string, seenFrom: readonly string[]): string {
  for (const place of seenFrom) {
    try {
      return createRequire(place).resolve(`${name}/package.json`);
    } catch {
      // Not seen from there; the next place, or the error below.
    }
  }
  throw new EngineError(`${name} is not installed`, {
    where: 'crossweave engine',
    advice: `Install it without its script, whose download this command replaces: npm install --ignore-scripts ${name}`,
  });
}
