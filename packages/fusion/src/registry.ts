import { lookUp, type Fusion } from '@crossweave/core';
import { anyOf, fields, oneOf, requireObject, requireValue } from '@crossweave/core/authoring';
import { crossAttentionFusions } from './cross-attention';
import { earlyFusions } from './early';
import { lateFusions } from './late';
import {
  missingModalityChecks,
  withMissingModality,
  type MissingModalityOptions,
} from './missing-modality';

/**
 * The fusions of this package by name, for configs and command lines. Extend the table by
 * spreading: `{ ...fusions, mine: myFusion }`.
 */
export const fusions = {
  ...lateFusions,
  ...earlyFusions,
  ...crossAttentionFusions,
} satisfies FusionTable;

/** The options of each fusion by name. */
export type FusionOptions = {
  [Name in keyof typeof fusions]: NonNullable<Parameters<(typeof fusions)[Name]>[0]>;
};

/** A table of fusions. The options are checked when a fusion is made, not by the compiler. */
export type FusionTable = Readonly<Record<string, (options?: never) => Fusion>>;

/**
 * Makes the fusion `name` of `table` with options from a config file. In addition to the fusion's
 * options, `missing` makes it accept pairs with a missing side ({@link withMissingModality}):
 * `'learned'`, or `{ imageDropout, textDropout }`.
 *
 * @throws ConfigError for an unknown name or option; it suggests the nearest.
 */
export function createFusion(
  name: string,
  options: object = {},
  table: FusionTable = fusions,
): Fusion {
  requireObject(name, options);
  const { missing, ...own } = options as {
    readonly missing?: 'learned' | MissingModalityOptions;
  };
  // The factory refuses unknown options.
  const fusion = lookUp('fusion', table, name)(own as never);
  if (missing === undefined) return fusion;
  requireValue(name, 'missing', missing, missingCheck);
  return withMissingModality(fusion, missing === 'learned' ? {} : missing);
}

const missingCheck = anyOf(oneOf('learned'), fields(missingModalityChecks));
