import { DataError } from '@crossweave/core';
import { defaultSplit, type CaptionRecord } from '../records/record';
import { counted, percent } from './wording';

/** Looks at how the rows of a captions file name their splits. */
export class SplitNames {
  readonly #rows = new Map<string, number>();
  #named = 0;
  #unnamed = 0;

  add({ split, namesNoSplit }: CaptionRecord): void {
    this.#rows.set(split, (this.#rows.get(split) ?? 0) + 1);
    if (namesNoSplit === true) this.#unnamed++;
    else this.#named++;
  }

  /** @throws DataError where two names differ by upper and lower case alone: "train", "Train" */
  requireOneSpelling(where: string): void {
    const spellings = new Map<string, string>();
    for (const name of this.#rows.keys()) {
      const other = spellings.get(name.toLowerCase());
      spellings.set(name.toLowerCase(), name);
      if (other === undefined) continue;
      throw new DataError('splits differ by upper and lower case alone', {
        where,
        expected: 'one spelling of a split',
        got: [other, name].map((each) => this.#told(each)).join(' and '),
        advice: 'Write the name in one way in all rows.',
      });
    }
  }

  #told(name: string): string {
    return `"${name}" (${counted(this.#rows.get(name) ?? 0, 'row')})`;
  }

  /** What is doubtful where some rows name a split and others do not. */
  doubt(where: string): DataError | undefined {
    if (this.#named === 0 || this.#unnamed === 0) return undefined;
    const share = percent(this.#unnamed / (this.#named + this.#unnamed));
    return new DataError(`some rows name no split and belong to "${defaultSplit}"`, {
      where,
      expected: 'a split in every row, or in none',
      got: `${counted(this.#unnamed, 'row')} without (${share})`,
    });
  }
}
