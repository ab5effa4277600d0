import { createHash } from 'node:crypto';
import type { PairRecord } from '@crossweave/core';
import type { FeatureTable } from './table';

/** SHA-256 (hex) over the records, their labels among them, and, when given, the summaries of tables of features. */
export function fingerprint(
  records: readonly PairRecord[],
  tables: readonly FeatureTable[] = [],
): string {
  const hash = createHash('sha256');
  for (const { id, captions, negatives, labels, group, missing } of records) {
    const known: unknown[] = [id, captions, negatives ?? null];
    const more = [labels, group, missing];
    if (more.some((each) => each !== undefined)) known.push(...more);
    hash.update(JSON.stringify(known));
    hash.update('\n');
  }
  for (const table of tables) {
    for (let row = 0; row < table.rows; row++) hash.update(table.pooled(row));
  }
  return hash.digest('hex');
}
