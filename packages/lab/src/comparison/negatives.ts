import type { PairRecord } from '@crossweave/core';
import { withoutNegatives } from '../features/batches';
import type { FusionPhase } from './options';

/** How many false captions a pair are drawn, and what a reader must know of it. */
export interface ResolvedNegatives {
  readonly count: number;
  readonly note?: string;
}

/** K as it is asked for, or 0 with a note where `{ upTo }` asks for more than all pairs have. */
export function resolveNegatives(
  negatives: FusionPhase['negatives'],
  records: readonly PairRecord[],
): ResolvedNegatives {
  if (typeof negatives === 'number') return { count: negatives };
  const lacking = withoutNegatives(records).length;
  if (lacking === 0) return { count: negatives.upTo };
  const whose = lacking === records.length ? 'The pairs' : `${lacking} of ${records.length} pairs`;
  return {
    count: 0,
    note:
      `${whose} of the train split have no false captions: the arms trained without any, ` +
      'against texts of their batches alone.',
  };
}
