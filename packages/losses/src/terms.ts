import type { Scalar } from '@tensorflow/tfjs-core';
import type { LossResult } from '@crossweave/core';
import { stopGradient } from '@crossweave/core/nn';

/** Figures for the logs: no gradient flows from them, nor do they keep one alive. */
export function logged(terms: Readonly<Record<string, Scalar>>): LossResult['terms'] {
  return Object.fromEntries(
    Object.entries(terms).map(([name, value]) => [name, stopGradient(value)]),
  );
}
