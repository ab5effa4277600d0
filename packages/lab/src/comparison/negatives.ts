import { DataError, type PairRecord } from '@crossweave/core';
import type { FusionPhase } from './options';

/** How many false captions a pair are drawn, and what a reader must know of it. */
export interface ResolvedNegatives {
  readonly count: number;
  readonly note?: string;
}

/** K as it is asked for, or 0 with a note where `{ upTo }` asks for more than all captions have. */
export function resolveNegatives(
  negatives: FusionPhase['negatives'],
  records: readonly PairRecord[],
): ResolvedNegatives {
  if (typeof negatives === 'number') return { count: negatives };
  const lacking = records.filter(lacksNegatives);
  if (lacking.length === 0) return { count: negatives.upTo };
  const none = lacking.every(({ negatives: own }) => own === undefined || own.flat().length === 0);
  const whose =
    none && lacking.length === records.length
      ? 'The pairs of the train split have no false captions'
      : `${lacking.length} of ${records.length} pairs of the train split have a caption without ` +
        'false ones';
  return {
    count: 0,
    note: `${whose}: the arms trained without any, against texts of their batches alone.`,
  };
}

/** Whether a caption that can stand in a batch has no false one beside it. */
function lacksNegatives({ captions, negatives }: PairRecord): boolean {
  return captions.some((_, i) => (negatives?.[i]?.length ?? 0) === 0);
}

/** @throws DataError when a caption of a record has no false one to draw. */
export function requireNegatives(where: string, records: readonly PairRecord[]): void {
  const lacking = records.filter(lacksNegatives);
  if (lacking.length === 0) return;
  throw new DataError(
    `${lacking.length} of ${records.length} pairs have no false caption beside each of their own`,
    {
      where,
      expected: 'a false caption or more for every caption',
      got: `none for a caption of "${lacking[0]!.id}"`,
      advice: 'Train with negatives: 0, or use data whose captions all carry negatives.',
    },
  );
}
