import { tidy } from '@tensorflow/tfjs-core';
import { CrossweaveError, type ErrorDetails } from '../errors';

/** One property of a contract. `run` throws when it does not hold. */
export interface Check {
  readonly name: string;
  readonly run: () => void | Promise<void>;
  /**
   * The reason why the property does not apply to the part under test. `run` then passes, and the
   * name of the test shows the reason.
   */
  readonly notApplicable?: string;
}

/**
 * `describe` and `it` of a test framework (vitest, jest, mocha, node:test), so that the suites
 * depend on none of them.
 */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => void | Promise<void>) => unknown;
}

/** A property of a contract does not hold. */
export class ConformanceError extends CrossweaveError {
  override readonly name: string = 'ConformanceError';

  constructor(what: string, details?: ErrorDetails) {
    super('conformance', what, details);
  }
}

/** A check that releases all its tensors when it ends. */
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

/** A check of a property that does not apply, for the reason `why`. */
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
