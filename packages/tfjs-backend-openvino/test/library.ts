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

/** The name of a group of tests, with the reason why they are left out if they are. */
export function named(what: string, reason: string | null): string {
  return reason === null ? what : `${what} (left out: ${reason})`;
}
