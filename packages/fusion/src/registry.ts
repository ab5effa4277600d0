import { lookUp, type Fusion } from '@crossweave/core';
import { coAttention, type CoAttentionOptions } from './cross-attention/co-attention';
import { singleStream, type SingleStreamOptions } from './early/single-stream';
import { dualEncoder, type DualEncoderOptions } from './late/dual-encoder';

/** The options of each fusion by its name. */
export interface FusionOptions {
  'dual-encoder': DualEncoderOptions;
  'single-stream': SingleStreamOptions;
  'co-attention': CoAttentionOptions;
}

/**
 * The fusions of this package by name, for configs and command lines. Extend it by
 * spreading: `{ ...fusions, mine: myFusion }`.
 */
export const fusions: {
  readonly [Name in keyof FusionOptions]: (options?: FusionOptions[Name]) => Fusion;
} = {
  'dual-encoder': dualEncoder,
  'single-stream': singleStream,
  'co-attention': coAttention,
};

/** A table of fusions whose options are checked when they are made, not by the compiler. */
export type FusionTable = Readonly<Record<string, (options?: never) => Fusion>>;

/**
 * The fusion called `name` in `table`, made with `options` as a config file gave them.
 *
 * @throws ConfigError for an unknown name or option; it names the nearest.
 */
export function createFusion(
  name: string,
  options: object = {},
  table: FusionTable = fusions,
): Fusion {
  // The factory itself refuses what is not one of its options.
  return lookUp('fusion', table, name)(options as never);
}
