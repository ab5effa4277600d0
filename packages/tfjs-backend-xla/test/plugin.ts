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
