import type { Scalar } from '@tensorflow/tfjs-core';
import type { LossResult } from '@crossweave/core';
import { stopGradient } from '@crossweave/core/nn';

/** Terms for logs: no gradient flows from them, and they keep no tape alive. */
export function logged(terms: Readonly<Record<string, Scalar>>): LossResult['terms'] {
  return Object.fromEntries(
    Object.entries(terms).map(([name, value]) => [name, stopGradient(value)]),
  );
}
