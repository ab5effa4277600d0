import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { XlaBackendError } from '../errors';

let loaded: typeof Koffi | undefined;

/**
 * The library that calls C, loaded on first use: it is an optional peer, because its package has an
 * install script.
 * @throws XlaBackendError `plugin` if it is not there.
 */
export function ffi(): typeof Koffi {
  if (loaded !== undefined) return loaded;
  try {
    loaded = createRequire(import.meta.url)('koffi') as typeof Koffi;
    return loaded;
  } catch (cause) {
    throw new XlaBackendError(
      'plugin',
      `There is no PJRT plugin without koffi, which calls it: ${firstLine(cause)}.`,
      undefined,
      { cause, advice: 'It comes from npm: npm install --ignore-scripts koffi@3.3.4' },
    );
  }
}

const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
