/** As much of vitest as checks against fixtures need: a bundle without it has this in its place. */
import assert from 'node:assert/strict';

export const expect = (actual: unknown): { toEqual: (expected: unknown) => void } => ({
  toEqual: (expected) => {
    assert.deepEqual(actual, expected);
  },
});

/** Tests of the files that the checks stand in; the bundle calls none. */
export const describe = undefined;
export const it = undefined;
