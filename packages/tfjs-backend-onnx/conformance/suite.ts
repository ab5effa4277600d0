import { createRequire, Module } from 'node:module';
import { dirname } from 'node:path';
import * as core from '@tensorflow/tfjs-core';
import * as cpu from '@tensorflow/tfjs-backend-cpu';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';

/*
 * Bundled by `bundle.ts` together with the suite and tfjs-core, whose files Node cannot import by
 * itself. jasmine's globals must be there before `defineSuite` is called.
 */

const load = createRequire(import.meta.url);

/** Makes `require` return `exports` for a package, so that there is one instance of it. */
function share(name: string, exports: object): void {
  const path = load.resolve(name);
  load.cache[path] = Object.assign(new Module(path), { exports, loaded: true });
}

/** tfjs's own. */
const BACKENDS: Readonly<Record<string, () => Promise<unknown>>> = {
  cpu: () => import('@tensorflow/tfjs-core/dist/register_all_gradients'),
  wasm: async () => {
    await import('@tensorflow/tfjs-core/dist/register_all_gradients');
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${dirname(load.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  },
};

/** Defines every case of the suite for one backend. */
export async function defineSuite(backendName: string): Promise<void> {
  share('@tensorflow/tfjs-core', core);
  share('@tensorflow/tfjs-backend-cpu', cpu);
  await (BACKENDS[backendName] ?? (() => import('engine-under-test')))();
  setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
  await import('@tensorflow/tfjs-core/dist/tests');
}
