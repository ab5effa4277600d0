import { add, mul, tidy, type Scalar } from '@tensorflow/tfjs-core';
import type { Features, Key, Loss, PooledFeatures } from '@crossweave/core';
import { weightCheck } from '../option-checks';
import { logged } from '../terms';
import { chanceOf, evaluateParts, initParts, requireParts } from './parts';

export interface WeightedLoss<F extends PooledFeatures = Features> {
  readonly loss: Loss<F>;
  /** Not negative. Default 1. */
  readonly weight?: number;
}

/**
 * Σ weight · loss. Each loss has its parameters and terms under its name
 * (`info-nce.logit_scale`, `info-nce.accuracy`), and its own unweighted total as the term
 * of that name. It reads what its parts read. Chance is the weighted sum, when every loss has one.
 *
 * @throws ConfigError for an empty list, two losses of one name, or a negative weight.
 */
export function weightedSum<F extends PooledFeatures>(given: readonly WeightedLoss<F>[]): Loss<F> {
  const where = 'weightedSum';
  const checks = { weight: weightCheck };
  const parts = requireParts<F, WeightedLoss<F>>(where, given, checks).map((part) => ({
    ...part,
    weight: part.given.weight ?? 1,
  }));

  return {
    name: parts.map(({ loss }) => loss.name).join('+'),
    ...(parts.some(({ loss }) => loss.init !== undefined) && {
      init: (key: Key) => initParts(parts, key),
    }),
    compute: (params, outputs, batch, ctx) =>
      tidy(() => {
        const { totals, terms } = evaluateParts(parts, params, outputs, batch, ctx);
        const weighted = parts.map(({ weight }, i) => mul<Scalar>(totals[i]!, weight));
        return {
          total: weighted.reduce((sum, next) => add<Scalar>(sum, next)),
          terms: logged(terms),
        };
      }),
    ...chanceOf(parts, ({ weight }) => weight),
  };
}
