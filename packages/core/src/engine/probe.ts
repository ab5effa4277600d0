import { env, findBackendFactory, matMul, setBackend, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Probe } from './engine';

export interface BackendSource {
  /** Name of the tfjs backend. */
  readonly backend: string;
  /** The package that registers it. */
  readonly packageName: string;
  /** Imports the package. Not called when the program has already registered the backend. */
  readonly load: () => Promise<unknown>;
  /** Description of the engine, shown if it works. */
  readonly detail: string;
}

/** Imports a backend's package if needed, and computes a matrix product with the backend. */
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
    const own = explained(error);
    if (own !== undefined) return own;
    return {
      usable: false,
      reason: `${packageName} is installed, but its backend does not work: ${firstLine(error)}`,
      advice: `If the package supports this machine, reinstall it: npm install ${packageName}`,
    };
  }
  return { usable: true, detail };
}

export function isRegistered(backend: string): boolean {
  // An unknown name gives null, although tfjs's type does not say so.
  return (findBackendFactory(backend) as unknown) !== null;
}

/**
 * Imports an optional package with native parts. The specifier is an argument, not a literal, so
 * that bundlers of browser programs do not look for the package.
 */
export function importNative(specifier: string): Promise<unknown> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
}

/** For `import(…).catch(rethrow)`: the `catch` tells esbuild that the package is optional. */
export function rethrow(error: unknown): never {
  throw error;
}

/** What an error of the package says by itself, where it says what the user can do; else undefined. */
function explained(error: unknown): Probe | undefined {
  const { summary, advice } = Object(error) as { summary?: unknown; advice?: unknown };
  if (typeof summary !== 'string' || typeof advice !== 'string') return undefined;
  const line = summary.replace(/\s*\n\s*/g, ' ').trim();
  return { usable: false, reason: line.replace(/\.$/, '').replace(/^The/, 'the'), advice };
}

function explainImport(packageName: string, error: unknown): Probe {
  const own = explained(error);
  if (own !== undefined) return own;
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
  if (value !== 11) throw new Error(`the backend computes 1·3 + 2·4 as ${value}`);
}

/** Sets the backend without tfjs's warning and stack trace when the backend does not start. */
async function setBackendQuietly(backend: string): Promise<boolean> {
  const production = env().getBool('PROD');
  env().set('PROD', true);
  try {
    return await setBackend(backend);
  } finally {
    env().set('PROD', production);
  }
}

/**
 * The reason why a backend does not start. tfjs does not report it, so the factory is called again.
 */
async function initialisationError(backend: string): Promise<unknown> {
  try {
    await findBackendFactory(backend)();
  } catch (error) {
    return error;
  }
  return new Error('the backend does not start');
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').trim();
}
