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

/** A loss that is one of several. */
export interface Part<F extends PooledFeatures, Given = unknown> {
  readonly loss: Loss<F>;
  /** Of its parameters and terms: its name and a dot. */
  readonly prefix: string;
  readonly given: Given;
}

/** A loss, of this package or of the caller's own. */
export const lossCheck = having('a loss, with compute', 'compute');

/**
 * The losses of a sum, each with its options, checked by `checks`.
 *
 * @throws ConfigError for an empty list, two losses of one name, or a wrong option.
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
    throw new ConfigError('a sum needs at least one loss, and each once', { where, got: names });
  }
  return parts.map((given) => ({ loss: given.loss, prefix: `${given.loss.name}.`, given }));
}

/** The parameters of all, each under its prefix. */
export function initParts<F extends PooledFeatures>(parts: readonly Part<F>[], key: Key): Params {
  return mergeParams(
    ...parts.map(({ loss, prefix }) => withPrefix(prefix, loss.init?.(foldIn(key, prefix)) ?? {})),
  );
}

/** Totals in order, and all terms: a loss's total under its name, its terms under its prefix. */
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

/** The weighted sum of the parts' chance levels, where every part has one. */
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
