import { basename, dirname, resolve } from 'node:path';
import { DataError, type HardNegative } from '@crossweave/core';
import type { CaptionRecord, Row } from '../records/record';
import type { Sample } from './pictures';

/** A sample with the number of rows of the captions file that it stands for. */
export interface ReadSample extends Sample {
  readonly rows: number;
}

/** A row that will not become a sample. */
export interface BadRow {
  /** `captions.jsonl:12`. */
  readonly key: string;
  readonly error: DataError;
}

/** While rows are joined. */
interface Joined {
  readonly first: CaptionRecord;
  readonly path: string;
  readonly captions: string[];
  readonly negatives: (readonly HardNegative[])[];
  hasNegatives: boolean;
  rows: number;
}

/**
 * Rows as samples, in the order of the file. Rows of one split that show the same image
 * become one sample with all their captions, under the first row's id: one picture must not
 * be its own negative. Every row is in one sample or is one of the bad rows.
 */
export function toSamples(
  rows: readonly Row[],
  file: string,
): { samples: ReadSample[]; bad: BadRow[] } {
  const folder = dirname(resolve(file));
  const joined = new Map<string, Joined>();
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
    let sample = joined.get(place);
    if (sample === undefined) {
      const other = imageOfId.get(owner);
      if (other !== undefined) {
        bad.push({ key: where, error: repeatedId(record, other, where) });
        continue;
      }
      sample = { first: record, path, captions: [], negatives: [], hasNegatives: false, rows: 0 };
      joined.set(place, sample);
    }
    imageOfId.set(owner, record.image);
    sample.rows++;
    sample.captions.push(...record.captions);
    sample.negatives.push(...(record.negatives ?? record.captions.map(() => [])));
    sample.hasNegatives ||= record.negatives !== undefined;
  }
  const samples = Array.from(joined.values(), (sample) => toSample(sample, file));
  return { samples, bad };
}

function toSample(sample: Joined, file: string): ReadSample {
  const { first, path, captions, negatives, hasNegatives, rows } = sample;
  return {
    id: first.id,
    image: first.image,
    split: first.split,
    captions,
    ...(hasNegatives && { negatives }),
    line: first.line,
    path,
    where: `${basename(file)}:${first.line}`,
    rows,
  };
}

function repeatedId(record: CaptionRecord, other: string, where: string): DataError {
  return new DataError(`the id "${record.id}" is taken`, {
    where,
    expected: `another id than that of ${other}`,
    got: `the same id for ${record.image}`,
    advice: 'Ids are unique within a split; leave them out and the image paths serve.',
  });
}
