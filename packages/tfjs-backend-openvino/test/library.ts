import { createRequire } from 'node:module';
import { OpenvinoBackendError, createOpenvinoBackend, findLibrary } from '../src';
import { giveBackFreedMemory } from '../src/openvino/allocator';
import { hasOwnPages } from '../src/weights/own-pages';

/** Why there is no library to test with; null if there is one. */
export const withoutLibrary = (): string | null => refusalOf(findLibrary);

/** Why nothing can be computed in bf16: no library, or a processor without it; null if it can. */
export const withoutBf16 = (): string | null =>
  refusalOf(() => createOpenvinoBackend({ precision: 'bf16' }).dispose());

function refusalOf(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (OpenvinoBackendError.is(error)) return error.message;
    throw error;
  }
}

/** Why arrays have no pages of their own that could be shared: no Linux, no koffi, another allocator. */
export function withoutOwnPages(): string | null {
  try {
    createRequire(import.meta.url).resolve('koffi');
    giveBackFreedMemory();
    return hasOwnPages(new Float32Array(1 << 24)) ? null : 'its memory is not from glibc on Linux';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
