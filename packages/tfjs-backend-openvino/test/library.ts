import { OpenvinoBackendError, findLibrary } from '../src';

/** Why there is no library to test with; null if there is one. */
export function withoutLibrary(): string | null {
  try {
    findLibrary();
    return null;
  } catch (error) {
    if (OpenvinoBackendError.is(error)) return error.message;
    throw error;
  }
}
