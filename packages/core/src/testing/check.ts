import { tidy } from '@tensorflow/tfjs-core';
import { CrossweaveError, type ErrorDetails } from '../errors';

/** One property of a contract. `run` throws when it does not hold. */
export interface Check {
  readonly name: string;
  readonly run: () => void | Promise<void>;
  /** Why there is nothing to check of this subject. `run` then passes, and the report says why. */
  readonly notApplicable?: string;
}

/**
 * The two functions of the test framework at hand (vitest, jest, mocha, node:test all have them),
 * so that the suites depend on none.
 */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => void | Promise<void>) => unknown;
}

/** A property of a contract that does not hold. */
export class ConformanceError extends CrossweaveError {
  override readonly name: string = 'ConformanceError';

  constructor(what: string, details?: ErrorDetails) {
    super('conformance', what, details);
  }
}

/** A check whose tensors are all released when it ends. */
export function check(name: string, body: () => void): Check {
  return {
    name,
    run: () => {
      tidy(() => {
        body();
      });
    },
  };
}

/** A check that has nothing to look at, because of `why`. */
export function notApplicable(name: string, why: string): Check {
  return { name, run: () => undefined, notApplicable: why };
}

export function registerChecks(
  title: string,
  checks: readonly Check[],
  { describe, it }: TestRunner,
): void {
  describe(title, () => {
    for (const { name, run, notApplicable: why } of checks) {
      it(why === undefined ? name : `${name} (nothing to check: ${why})`, run);
    }
  });
}
