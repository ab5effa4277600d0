import { createHash } from 'node:crypto';
import type { PairRecord } from '@crossweave/core';
import type { FeatureTable } from './table';

/** SHA-256 (hex) over the records and, when given, the summaries of tables of features. */
export function fingerprint(
  records: readonly PairRecord[],
  tables: readonly FeatureTable[] = [],
): string {
  const hash = createHash('sha256');
  for (const { id, captions, negatives } of records) {
    hash.update(JSON.stringify([id, captions, negatives ?? null]));
    hash.update('\n');
  }
  for (const table of tables) {
    for (let row = 0; row < table.rows; row++) hash.update(table.pooled(row));
  }
  return hash.digest('hex');
}
