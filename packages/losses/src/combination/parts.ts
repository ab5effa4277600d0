import type { Scalar } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  foldIn,
  mergeParams,
  scoped,
  subtree,
  withPrefix,
  type Context,
  type Key,
  type Loss,
  type ModelOutputs,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { checkOptions, having, type Checks } from '@crossweave/core/authoring';
import type { AnyBatch } from '../rows';

/** A loss of a sum. */
export interface Part<F extends PooledFeatures, Given = unknown> {
  readonly loss: Loss<F>;
  /** Prefix of its parameters and terms: the name of the loss and a dot. */
  readonly prefix: string;
  readonly given: Given;
}

/** Check of an option that is a loss. */
export const lossCheck = having('a loss, with compute', 'compute');

/**
 * The losses of a sum with their options, which are checked with `checks`.
 *
 * @throws ConfigError for an empty list, two losses with the same name, or a wrong option.
 */
export function requireParts<F extends PooledFeatures, Given extends { readonly loss: Loss<F> }>(
  where: string,
  parts: readonly Given[],
  checks: Checks<Omit<Given, 'loss'>>,
): Part<F, Given>[] {
  const given: unknown = parts;
  if (!Array.isArray(given)) {
    throw new ConfigError('a sum needs a list of losses', {
      where,
      expected: `[{ loss, ${Object.keys(checks).join(', ')} }, …]`,
      got: given,
    });
  }
  parts.forEach((part, i) => {
    const entry: { readonly loss: unknown } = part;
    checkOptions(`${where}, entry ${i}`, entry, { loss: lossCheck, ...checks }, ['loss']);
  });
  const names = parts.map(({ loss }) => loss.name);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new ConfigError('a sum needs at least one loss, with a different name each', {
      where,
      got: names,
    });
  }
  return parts.map((given) => ({ loss: given.loss, prefix: `${given.loss.name}.`, given }));
}

/** The parameters of all losses, each with its prefix. */
export function initParts<F extends PooledFeatures>(parts: readonly Part<F>[], key: Key): Params {
  return mergeParams(
    ...parts.map(({ loss, prefix }) => withPrefix(prefix, loss.init?.(foldIn(key, prefix)) ?? {})),
  );
}

/**
 * The totals in order, and all terms: the total of each loss by its name, its terms with its
 * prefix.
 */
export function evaluateParts<F extends PooledFeatures>(
  parts: readonly Part<F>[],
  params: Params,
  outputs: ModelOutputs<F>,
  batch: AnyBatch,
  ctx: Context,
): { totals: Scalar[]; terms: Record<string, Scalar> } {
  const terms: Record<string, Scalar> = {};
  const totals = parts.map(({ loss, prefix }) => {
    const result = loss.compute(subtree(params, prefix), outputs, batch, scoped(ctx, prefix));
    terms[loss.name] = result.total;
    for (const [name, value] of Object.entries(result.terms)) terms[prefix + name] = value;
    return result.total;
  });
  return { totals, terms };
}

/** The weighted sum of the chance levels, if every part has one. */
export function chanceOf<P extends { readonly loss: Pick<Loss, 'chance'> }>(
  parts: readonly P[],
  weight: (part: P) => number,
  offset = 0,
): Pick<Loss, 'chance'> {
  if (parts.some(({ loss }) => loss.chance === undefined)) return {};
  return {
    chance: (batchSize, negatives) =>
      parts.reduce(
        (sum, part) => sum + weight(part) * part.loss.chance!(batchSize, negatives),
        offset,
      ),
  };
}
