import { add, mul, tidy, type Scalar } from '@tensorflow/tfjs-core';
import type { Features, Key, Loss, PooledFeatures } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { weightCheck } from '../option-checks';
import { logged } from '../terms';
import { chanceOf, evaluateParts, initParts, requireParts } from './parts';

export interface WeightedLoss<F extends PooledFeatures = Features> {
  readonly loss: Loss<F>;
  /** Weight of the loss, at least 0. Default 1. */
  readonly weight?: number;
}

/**
 * Σ weight · loss. The parameters and terms of each loss have its name as prefix
 * (`info-nce.logit_scale`, `info-nce.accuracy`); its unweighted total is the term with its name.
 * The sum needs tokens if a part needs tokens. Chance is the weighted sum of the chance levels, if
 * every loss has one.
 *
 * @throws ConfigError for an empty list, two losses with the same name, or a negative weight.
 */
export function weightedSum<F extends PooledFeatures>(given: readonly WeightedLoss<F>[]): Loss<F> {
  const where = 'weightedSum';
  const checks = { weight: weightCheck };
  const parts = requireParts<F, WeightedLoss<F>>(where, given, checks).map((part) => ({
    ...part,
    weight: part.given.weight ?? 1,
  }));

  return withConfig(
    where,
    { parts: given },
    {
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
    },
  );
}
