import { lookUp, type Fusion } from '@crossweave/core';
import { anyOf, fields, oneOf, requireValue } from '@crossweave/core/authoring';
import { crossAttentionFusions } from './cross-attention';
import { earlyFusions } from './early';
import { lateFusions } from './late';
import {
  missingModalityChecks,
  withMissingModality,
  type MissingModalityOptions,
} from './missing-modality';

/**
 * The fusions of this package by name, for configs and command lines; each family's index
 * lists its own. Extend it by spreading: `{ ...fusions, mine: myFusion }`.
 */
export const fusions = {
  ...lateFusions,
  ...earlyFusions,
  ...crossAttentionFusions,
} satisfies FusionTable;

/** The options of each fusion by its name. */
export type FusionOptions = {
  [Name in keyof typeof fusions]: NonNullable<Parameters<(typeof fusions)[Name]>[0]>;
};

/** A table of fusions; the options are checked when a fusion is made, not by the compiler. */
export type FusionTable = Readonly<Record<string, (options?: never) => Fusion>>;

/**
 * The fusion called `name` in `table`, made with `options` as a config file gave them. Beside the
 * fusion's own options, `missing` lets it take pairs of which a side is missing
 * ({@link withMissingModality}): `'learned'`, or `{ imageDropout, textDropout }`.
 *
 * @throws ConfigError for an unknown name or option; it names the nearest.
 */
export function createFusion(
  name: string,
  options: object = {},
  table: FusionTable = fusions,
): Fusion {
  const { missing, ...own } = options as {
    readonly missing?: 'learned' | MissingModalityOptions;
  };
  // The factory itself refuses what is not one of its options.
  const fusion = lookUp('fusion', table, name)(own as never);
  if (missing === undefined) return fusion;
  requireValue(name, 'missing', missing, missingCheck);
  return withMissingModality(fusion, missing === 'learned' ? {} : missing);
}

const missingCheck = anyOf(oneOf('learned'), fields(missingModalityChecks));
