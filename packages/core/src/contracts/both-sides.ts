import { DataError } from '../errors';
import type { PairRecord } from './dataset';

/** @throws DataError for a record whose image or text is missing. */
export function requireBothSides(where: string, records: readonly PairRecord[]): void {
  const lacking = records.find(({ missing }) => missing !== undefined);
  if (lacking === undefined) return;
  throw new DataError(`the record "${lacking.id}" has no ${lacking.missing!}`, {
    where,
    expected: 'records with an image and a text',
    advice:
      'Leave out the records with a missing side: they serve for predictions. To train for them, drop sides of whole pairs: "missing": { "imageDropout": 0.2, "textDropout": 0.2 } among the options of the fusion.',
  });
}
