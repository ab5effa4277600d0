import { XlaBackendError, findPlugin } from '../src';

/** Why there is no plugin to test with; null if there is one. */
export function withoutPlugin(): string | null {
  try {
    findPlugin('cpu');
    return null;
  } catch (error) {
    if (XlaBackendError.is(error)) return error.message;
    throw error;
  }
}

/** The name of a group of tests, with the reason why they are left out if they are. */
export function named(what: string, reason: string | null): string {
  return reason === null ? what : `${what} (left out: ${reason})`;
}
