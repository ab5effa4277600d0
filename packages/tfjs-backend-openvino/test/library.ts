import { OpenvinoBackendError, createOpenvinoBackend, findLibrary } from '../src';

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
