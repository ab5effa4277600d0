import { DataError } from '@crossweave/core';
import { defaultSplit, type CaptionRecord } from '../records/record';
import { counted, percent } from './wording';

/** Looks at how the rows of a captions file name their splits and labels. */
export class RowNames {
  readonly #splits = new Map<string, number>();
  readonly #labels = new Map<string, number>();
  #named = 0;
  #unnamed = 0;

  add({ split, namesNoSplit, labels = [] }: CaptionRecord): void {
    count(this.#splits, split);
    if (namesNoSplit === true) this.#unnamed++;
    else this.#named++;
    for (const label of new Set(labels.flat())) {
      if (typeof label === 'string') count(this.#labels, label);
    }
  }

  /** @throws DataError where two splits differ by upper and lower case alone: "train", "Train" */
  requireOneSpelling(where: string): void {
    const [pair] = twice(this.#splits, (name) => name.toLowerCase());
    if (pair === undefined) return;
    throw new DataError('splits differ by upper and lower case alone', {
      where,
      expected: 'one spelling of a split',
      got: told(pair, this.#splits),
      advice: 'Write the name in one way in all rows.',
    });
  }

  /** What may not be meant: rows without a split beside rows with one, labels of two spellings. */
  doubts(where: string): DataError[] {
    const doubts: DataError[] = [];
    if (this.#named > 0 && this.#unnamed > 0) {
      const share = percent(this.#unnamed / (this.#named + this.#unnamed));
      doubts.push(
        new DataError(`some rows name no split and belong to "${defaultSplit}"`, {
          where,
          expected: 'a split in every row, or in none',
          got: `${counted(this.#unnamed, 'row')} without (${share})`,
        }),
      );
    }
    const spelled = twice(this.#labels, spelling);
    if (spelled[0] !== undefined) {
      doubts.push(
        new DataError('labels differ in how they are written alone', {
          where,
          expected: 'one spelling of a class',
          got: `${counted(spelled.length, 'pair')} of labels, such as ${told(spelled[0], this.#labels)}`,
        }),
      );
    }
    return doubts;
  }
}

function count(rows: Map<string, number>, name: string): void {
  rows.set(name, (rows.get(name) ?? 0) + 1);
}

/**
 * A label without what people and programs write in several ways: case, spaces, forms of one character,
 * and digits that are the same number (`1`, `01`, `1.0`).
 */
function spelling(label: string): string {
  if (/^[-+]?\d{1,15}(\.\d{1,15})?$/.test(label)) return String(Number(label));
  return label.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ');
}

/** Pairs of names that are the same to `keyOf`. */
function twice(
  rows: ReadonlyMap<string, number>,
  keyOf: (name: string) => string,
): [string, string][] {
  const spellings = new Map<string, string>();
  const pairs: [string, string][] = [];
  for (const name of rows.keys()) {
    const other = spellings.get(keyOf(name));
    if (other === undefined) spellings.set(keyOf(name), name);
    else pairs.push([other, name]);
  }
  return pairs;
}

function told(names: readonly string[], rows: ReadonlyMap<string, number>): string {
  return names.map((name) => `"${name}" (${counted(rows.get(name) ?? 0, 'row')})`).join(' and ');
}
