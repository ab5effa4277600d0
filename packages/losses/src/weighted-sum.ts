import { add, mul, tidy, type Scalar } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  foldIn,
  mergeParams,
  requireRange,
  scoped,
  subtree,
  withPrefix,
  type Key,
  type Features,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { logged } from './terms';

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
export function weightedSum<F extends PooledFeatures>(parts: readonly WeightedLoss<F>[]): Loss<F> {
  const where = 'weightedSum';
  const losses = parts.map(({ loss, weight = 1 }) => {
    requireRange(where, `weight of ${loss.name}`, weight, 0, Number.MAX_VALUE);
    return { loss, weight, prefix: `${loss.name}.` };
  });
  const names = losses.map(({ loss }) => loss.name);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new ConfigError('a sum needs at least one loss, and each once', { where, got: names });
  }

  return {
    name: names.join('+'),
    ...(losses.some(({ loss }) => loss.init !== undefined) && {
      init: (key: Key) =>
        mergeParams(
          ...losses.map(({ loss, prefix }) =>
            withPrefix(prefix, loss.init?.(foldIn(key, prefix)) ?? {}),
          ),
        ),
    }),
    compute: (params, outputs, batch, ctx) =>
      tidy(() => {
        const terms: Record<string, Scalar> = {};
        const weighted = losses.map(({ loss, weight, prefix }) => {
          const result = loss.compute(subtree(params, prefix), outputs, batch, scoped(ctx, prefix));
          terms[loss.name] = result.total;
          for (const [name, value] of Object.entries(result.terms)) terms[prefix + name] = value;
          return mul<Scalar>(result.total, weight);
        });
        return {
          total: weighted.reduce((sum, next) => add<Scalar>(sum, next)),
          terms: logged(terms),
        };
      }),
    ...(losses.every(({ loss }) => loss.chance !== undefined) && {
      chance: (batchSize: number, negatives?: number) =>
        losses.reduce(
          (sum, { loss, weight }) => sum + weight * loss.chance!(batchSize, negatives),
          0,
        ),
    }),
  };
}
