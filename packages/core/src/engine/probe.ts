import { env, findBackendFactory, matMul, setBackend, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Probe } from './engine';

export interface BackendSource {
  /** The tfjs backend's name. */
  readonly backend: string;
  /** The package that registers it. */
  readonly packageName: string;
  /** Imports it. Not called when the program has registered such a backend already. */
  readonly load: () => Promise<unknown>;
  /** What it is, once it works. */
  readonly detail: string;
}

/** Imports a backend's package if need be, and asks the backend for a matrix product. */
export async function probeBackend(source: BackendSource): Promise<Probe> {
  const { backend, packageName, load, detail } = source;
  if (!isRegistered(backend)) {
    try {
      await load();
    } catch (error) {
      return explainImport(packageName, error);
    }
  }
  try {
    await assertAnswers(backend);
  } catch (error) {
    return {
      usable: false,
      reason: `${packageName} is there, but its backend does not work: ${firstLine(error)}`,
      advice: `Reinstall it, if it supports this machine: npm install ${packageName}`,
    };
  }
  return { usable: true, detail };
}

export function isRegistered(backend: string): boolean {
  // tfjs's type leaves out the null that an unknown name gives.
  return (findBackendFactory(backend) as unknown) !== null;
}

/**
 * Imports a package that a bundler must not follow: it is optional, and has native parts.
 * A literal here would make bundlers of browser programs look for it.
 */
export function importNative(specifier: string): Promise<unknown> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
}

/** For `import(…).catch(rethrow)`: by the `catch`, esbuild knows that the package is optional. */
export function rethrow(error: unknown): never {
  throw error;
}

function explainImport(packageName: string, error: unknown): Probe {
  const text = error instanceof Error ? error.message : String(error);
  const missing = /cannot find (package|module)|failed to resolve|could not resolve/i;
  if (missing.test(text) && text.includes(packageName)) {
    return {
      usable: false,
      reason: `${packageName} is not installed`,
      advice: `Install it: npm install ${packageName}`,
    };
  }
  return {
    usable: false,
    reason: `${packageName} does not load: ${firstLine(error)}`,
    advice: `Reinstall it: npm install ${packageName}`,
  };
}

async function assertAnswers(backend: string): Promise<void> {
  if (!(await setBackendQuietly(backend))) throw await initialisationError(backend);
  const product = tidy(() => matMul(tensor2d([[1, 2]]), tensor2d([[3], [4]])));
  const [value] = await product.data();
  product.dispose();
  if (value !== 11) throw new Error(`1·3 + 2·4 came out as ${value}`);
}

/** tfjs warns, with a stack, of a backend that does not start; here that is an answer. */
async function setBackendQuietly(backend: string): Promise<boolean> {
  const production = env().getBool('PROD');
  env().set('PROD', true);
  try {
    return await setBackend(backend);
  } finally {
    env().set('PROD', production);
  }
}

/** tfjs reports only that a backend did not start; starting it again by hand tells why. */
async function initialisationError(backend: string): Promise<unknown> {
  try {
    await findBackendFactory(backend)();
  } catch (error) {
    return error;
  }
  return new Error('it does not start');
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').trim();
}
