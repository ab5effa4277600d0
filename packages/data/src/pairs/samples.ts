import { basename, dirname, resolve } from 'node:path';
import { DataError, type HardNegative } from '@crossweave/core';
import type { CaptionRecord, Row } from '../records/record';
import type { Sample } from './pictures';

/** A row that will not become a sample. */
export interface BadRow {
  readonly key: string;
  readonly error: DataError;
}

/**
 * Rows as samples, in the order of the file. Rows of one split that show the same image
 * become one sample with all their captions, under the first row's id: one picture must not
 * be its own negative.
 */
export function toSamples(
  rows: readonly Row[],
  file: string,
): { samples: Sample[]; bad: BadRow[] } {
  const folder = dirname(resolve(file));
  const samples = new Map<string, Sample>();
  const imageOfId = new Map<string, string>();
  const bad: BadRow[] = [];
  for (const row of rows) {
    const where = `${basename(file)}:${row.line}`;
    if ('error' in row) {
      bad.push({ key: where, error: row.error });
      continue;
    }
    const { record } = row;
    const path = resolve(folder, record.image);
    const place = JSON.stringify([record.split, path]);
    const owner = JSON.stringify([record.split, record.id]);
    const known = samples.get(place);
    if (known === undefined && imageOfId.has(owner)) {
      bad.push({ key: where, error: repeatedId(record, imageOfId.get(owner) ?? '', where) });
      continue;
    }
    imageOfId.set(owner, record.image);
    samples.set(place, known === undefined ? { ...record, path, where } : join(known, record));
  }
  return { samples: [...samples.values()], bad };
}

function join(sample: Sample, record: CaptionRecord): Sample {
  const captions = [...sample.captions, ...record.captions];
  if (sample.negatives === undefined && record.negatives === undefined) {
    return { ...sample, captions };
  }
  const none = (of: CaptionRecord): HardNegative[][] => of.captions.map(() => []);
  const negatives = [...(sample.negatives ?? none(sample)), ...(record.negatives ?? none(record))];
  return { ...sample, captions, negatives };
}

function repeatedId(record: CaptionRecord, other: string, where: string): DataError {
  return new DataError(`the id "${record.id}" is taken`, {
    where,
    expected: `another id than that of ${other}`,
    got: `the same id for ${record.image}`,
    advice: 'Ids are unique within a split; leave them out and the image paths serve.',
  });
}
