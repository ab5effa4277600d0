import { basename, resolve } from 'node:path';
import { DataError, type HardNegative, type Label } from '@crossweave/core';
import type { CaptionRecord, Row } from '../records/record';
import type { Sample } from './pictures';
import { counted } from './wording';

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
  readonly where: string;
  readonly captions: string[];
  readonly negatives: (readonly HardNegative[])[];
  hasNegatives: boolean;
  readonly labels: (Label | undefined)[];
  rows: number;
}

/**
 * Joins rows into samples, part by part, in the order of the file. Rows of one split that show the
 * same image become one sample with all their captions, under the first row's id: one picture must
 * not be its own negative. Every row is in one sample or is one of the bad rows.
 */
export class RowJoiner {
  readonly bad: BadRow[] = [];
  rows = 0;
  /** Rows whose own id another row of their image comes before, and the first of them. */
  readonly #lostIds = { rows: 0, example: '' };
  readonly #file: string;
  readonly #folder: string;
  readonly #joined = new Map<string, Joined>();
  readonly #imageOfId = new Map<string, string>();

  /**
   * @param file path of the captions file, for messages
   * @param folder to which the images' paths are relative
   */
  constructor(file: string, folder: string) {
    this.#file = basename(file);
    this.#folder = resolve(folder);
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#add(row);
  }

  samples(): ReadSample[] {
    return Array.from(this.#joined.values(), (sample) => toSample(sample));
  }

  /** What may not be meant: ids that differ between rows of one image, of which the first stays. */
  doubts(where: string): DataError[] {
    const { rows, example } = this.#lostIds;
    if (rows === 0) return [];
    return [
      new DataError(`rows of one image have different ids`, {
        where,
        expected: 'one id for an image, whose rows become one sample',
        got: `${counted(rows, 'row')} with another id, such as ${example}; the first one stays`,
      }),
    ];
  }

  #add(row: Row): void {
    this.rows++;
    const where = row.where ?? `${this.#file}:${row.line}`;
    if ('error' in row) {
      this.bad.push({ key: where, error: row.error });
      return;
    }
    const { record } = row;
    const path = pathOf(record, this.#folder, where);
    const place = JSON.stringify([record.split, path, record.missing]);
    const owner = JSON.stringify([record.split, record.id]);
    let sample = this.#joined.get(place);
    if (sample === undefined) {
      const other = this.#imageOfId.get(owner);
      if (other !== undefined) {
        this.bad.push({ key: where, error: repeatedId(record, other, where) });
        return;
      }
      const lists = { captions: [], negatives: [], labels: [] };
      sample = { first: record, where, path, ...lists, hasNegatives: false, rows: 0 };
      this.#joined.set(place, sample);
    }
    if (record.group !== sample.first.group) {
      this.bad.push({ key: where, error: otherGroup(record, sample.first, where) });
      return;
    }
    this.#imageOfId.set(owner, record.image);
    const { id } = sample.first;
    if (record.id !== id && record.id !== record.image && record.missing !== 'image') {
      const example = `"${record.id}" (${where}) after "${id}"`;
      if (this.#lostIds.rows++ === 0) this.#lostIds.example = example;
    }
    sample.rows++;
    for (const [i, caption] of record.captions.entries()) {
      sample.captions.push(caption);
      sample.negatives.push(record.negatives?.[i] ?? []);
      sample.labels.push(record.labels?.[i]);
    }
    sample.hasNegatives ||= record.negatives !== undefined;
  }
}

/** A picture within a file has that file's path and its own name; a missing one that of its row. */
function pathOf({ image, picture, missing }: CaptionRecord, folder: string, where: string): string {
  if (missing === 'image') return `${folder}#no picture of ${where}`;
  return picture === undefined ? resolve(folder, image) : `${folder}#${image}`;
}

function toSample(sample: Joined): ReadSample {
  const { first, path, where, captions, negatives, hasNegatives, labels, rows } = sample;
  return {
    id: first.id,
    image: first.image,
    split: first.split,
    captions,
    ...(hasNegatives && { negatives }),
    ...(labels.some((label) => label !== undefined) && { labels }),
    ...(first.group !== undefined && { group: first.group }),
    ...(first.missing !== undefined && { missing: first.missing }),
    line: first.line,
    path,
    where,
    ...(first.picture && { picture: first.picture }),
    rows,
  };
}

function otherGroup(record: CaptionRecord, first: CaptionRecord, where: string): DataError {
  return new DataError('the image belongs to another group', {
    where,
    expected: `the group ${JSON.stringify(first.group ?? null)} that line ${first.line} gives ${first.image}`,
    got: JSON.stringify(record.group ?? null),
    advice: 'Give all rows of an image one group.',
  });
}

function repeatedId(record: CaptionRecord, other: string, where: string): DataError {
  return new DataError(`the id "${record.id}" is taken`, {
    where,
    expected: `another id than that of ${other}`,
    got: `the same id for ${record.image}`,
    advice: 'Ids are unique within a split; leave them out and the image paths serve.',
  });
}
