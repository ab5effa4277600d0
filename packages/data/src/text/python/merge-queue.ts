/** A merge to come. */
export interface NextMerge {
  /** The left of the two tokens, by its place in the word. */
  readonly at: number;
  readonly rank: number;
  /** The token that both become. */
  readonly id: number;
}

/** Merges of a word: the one of the lowest rank comes first, of the same rank the first of the word. */
export class MergeQueue {
  /** A heap: each merge comes before the two at twice its place. */
  readonly #merges: NextMerge[] = [];

  add(merge: NextMerge): void {
    const merges = this.#merges;
    let at = merges.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!comesFirst(merge, merges[above]!)) break;
      merges[at] = merges[above]!;
      at = above;
    }
    merges[at] = merge;
  }

  next(): NextMerge | undefined {
    const merges = this.#merges;
    const first = merges[0];
    const last = merges.pop();
    if (first === undefined || last === undefined || merges.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [merges[below], merges[below + 1]];
      if (left !== undefined && right !== undefined && comesFirst(right, left)) below++;
      const smaller = merges[below];
      if (smaller === undefined || !comesFirst(smaller, last)) break;
      merges[at] = smaller;
      at = below;
    }
    merges[at] = last;
    return first;
  }
}

function comesFirst(a: NextMerge, b: NextMerge): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.at < b.at);
}
