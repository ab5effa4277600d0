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

  /** @throws DataError where two splits differ by their spelling alone: "train", "Train" */
  requireOneSpelling(where: string): void {
    const [pair] = twice(this.#splits);
    if (pair === undefined) return;
    throw new DataError(`splits differ by ${difference(pair)} alone`, {
      where,
      expected: 'one spelling of a split',
      got: told(pair, this.#splits),
      advice: 'Write the name in one way in all rows.',
    });
  }

  /** What may not be meant: rows without a split beside rows with one, labels of two spellings, `nan`. */
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
    const spelled = twice(this.#labels);
    if (spelled[0] !== undefined) {
      doubts.push(
        new DataError(`labels differ by ${difference(spelled[0])} alone`, {
          where,
          expected: 'one spelling of a class',
          got: `${counted(spelled.length, 'pair')} of labels, such as ${told(spelled[0], this.#labels)}`,
        }),
      );
    }
    return [...doubts, ...this.#unsaid(where)];
  }

  /** Splits and labels that are a program's word for nothing. */
  #unsaid(where: string): DataError[] {
    const named = { split: this.#splits, label: this.#labels };
    return Object.entries(named).flatMap(([what, rows]) =>
      Array.from(rows).flatMap(([name, number]) => {
        if (!nothing.test(name)) return [];
        return new DataError(`${counted(number, 'row')} with the ${what} "${name}"`, {
          where,
          expected: `an empty field where a row has no ${what}`,
          got: `"${name}", which counts as a ${what} like others`,
        });
      }),
    );
  }
}

function count(rows: Map<string, number>, name: string): void {
  rows.set(name, (rows.get(name) ?? 0) + 1);
}

/** What programs write where a value is missing. */
const nothing = /^(?:nan|null|undefined|#n\/a|<na>)$/i;

/** A name without what a reader may not see: case, characters without ink, forms of one character. */
function plain(name: string): string {
  const visible = name.replace(/\s+/g, ' ').replace(/[\p{Cf}\p{Cc}]/gu, '');
  return visible.normalize('NFKC').trim().toLowerCase();
}

/** `1`, `1.0` and `01` are one number. */
function plainNumber(name: string): string {
  return name.length <= 15 && /^\d+(?:\.\d*)?$/.test(name) ? String(Number(name)) : name;
}

const lookalike = 'characters that look the same';

function difference([a, b]: readonly [string, string]): string {
  if (a.toLowerCase() === b.toLowerCase()) return 'upper and lower case';
  return plain(a) === plain(b) ? lookalike : 'how a number is written';
}

/** Pairs of names that are the same but for their spelling. */
function twice(rows: ReadonlyMap<string, number>): [string, string][] {
  const spellings = new Map<string, string>();
  const pairs: [string, string][] = [];
  for (const name of rows.keys()) {
    const spelling = plainNumber(plain(name));
    const other = spellings.get(spelling);
    if (other === undefined) spellings.set(spelling, name);
    else pairs.push([other, name]);
  }
  return pairs;
}

function told(names: readonly [string, string], rows: ReadonlyMap<string, number>): string {
  const shown = difference(names) === lookalike ? escaped : (name: string) => name;
  return names
    .map((name) => `"${shown(name)}" (${counted(rows.get(name) ?? 0, 'row')})`)
    .join(' and ');
}

/** With codes for all but ASCII: `train\u200b`. */
function escaped(name: string): string {
  return name.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
