import { DataError } from '@crossweave/core';

/** What a stream has read so far: `rows` are the samples, the rejects and the rows of other splits together. */
export interface StreamReport {
  readonly rows: number;
  readonly samples: number;
  /** Rows that `only` passed over. */
  readonly others: number;
  readonly rejects: {
    readonly count: number;
    /** Messages of the first ones. */
    readonly first: readonly string[];
  };
}

const shown = 10;
/** Of fewer, a share says little before the end. */
const fewRows = 100;

/** Counts rows, and ends a stream of which too many are damaged. */
export class StreamCounts implements StreamReport {
  samples = 0;
  others = 0;
  readonly #first: string[] = [];
  #rejects = 0;
  readonly #name: string;
  readonly #most: number;

  constructor(name: string, most: number) {
    this.#name = name;
    this.#most = most;
  }

  get rows(): number {
    return this.samples + this.others + this.#rejects;
  }

  get rejects(): StreamReport['rejects'] {
    return { count: this.#rejects, first: [...this.#first] };
  }

  /** @throws DataError when there are enough rows to tell that too many are damaged */
  reject(error: DataError): void {
    this.#rejects++;
    if (this.#first.length < shown) this.#first.push(error.message);
    this.check(false);
  }

  /**
   * @param whole whether the rows of a whole pass are counted; of a few others, a share says little
   * @throws DataError when more of the rows are damaged than may be
   */
  check(whole: boolean): void {
    const looked = this.rows - this.others;
    if (!whole && looked < fewRows) return;
    if (this.#rejects <= this.#most * looked) return;
    throw new DataError(`${this.#rejects} of the first ${looked} rows are damaged`, {
      where: this.#name,
      expected: `at most a share of ${this.#most}`,
      got: `the first: ${this.#first[0] ?? ''}`,
      advice: 'Mend the data, say how it is to be read, or allow more: maxRejects.',
    });
  }
}
