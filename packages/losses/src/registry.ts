import { lookUp, type Loss } from '@crossweave/core';
import { infoNCE, type InfoNCEOptions } from './info-nce';
import { listwiseMatching, type ListwiseMatchingOptions } from './listwise-matching';
import { matching, type MatchingOptions } from './matching';

/** The options of each loss by its name. */
export interface LossOptions {
  'info-nce': InfoNCEOptions;
  matching: MatchingOptions;
  'listwise-matching': ListwiseMatchingOptions;
}

/**
 * The losses of this package by name, for configs and command lines. Extend it by
 * spreading: `{ ...losses, mine: myLoss }`.
 */
export const losses: {
  readonly [Name in keyof LossOptions]: (options?: LossOptions[Name]) => Loss;
} = {
  'info-nce': infoNCE,
  matching,
  'listwise-matching': listwiseMatching,
};

/** A table of losses whose options are checked when they are made, not by the compiler. */
export type LossTable = Readonly<Record<string, (options?: never) => Loss>>;

/**
 * The loss called `name` in `table`, made with `options` as a config file gave them.
 *
 * @throws ConfigError for an unknown name or option; it names the nearest.
 */
export function createLoss(name: string, options: object = {}, table: LossTable = losses): Loss {
  // The factory itself refuses what is not one of its options.
  return lookUp('loss', table, name)(options as never);
}
