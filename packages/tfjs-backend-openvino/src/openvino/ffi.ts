import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { OpenvinoBackendError } from '../errors';

let loaded: typeof Koffi | undefined;

/**
 * The library that calls C functions. It is loaded on first use, because it is an optional peer: its
 * package has an install script.
 * @throws OpenvinoBackendError `library` if it is not installed.
 */
export function ffi(): typeof Koffi {
  if (loaded !== undefined) return loaded;
  try {
    loaded = createRequire(import.meta.url)('koffi') as typeof Koffi;
    return loaded;
  } catch (cause) {
    throw new OpenvinoBackendError(
      'library',
      `OpenVINO cannot be called without koffi: ${firstLine(cause)}.`,
      undefined,
      { cause, advice: 'It comes from npm: npm install --ignore-scripts koffi@3.3.4' },
    );
  }
}

const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
