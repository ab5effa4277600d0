/**
 * Where the best right candidate of a query stands when ties are broken at random. The rank is
 * `above` + j, and j is the place of the first right one among `right` + `level` in random order
 * (negative hypergeometric): all figures below are exact expectations over those orders.
 */
export interface Place {
  /** Wrong candidates with a larger score than the best right one. */
  readonly above: number;
  /** Wrong candidates with an equal score. */
  readonly level: number;
  /** Right candidates with that score. */
  readonly right: number;
}

/** E[rank] = above + (right + level + 1)/(right + 1). */
export function expectedRank({ above, level, right }: Place): number {
  return above + (right + level + 1) / (right + 1);
}

/** E[1/rank], by the recurrence P(j + 1) = P(j)·(level − j + 1)/(level + right − j). */
export function expectedReciprocal({ above, level, right }: Place): number {
  let chance = right / (right + level);
  let sum = 0;
  for (let j = 1; j <= level + 1; j++) {
    sum += chance / (above + j);
    chance *= (level - j + 1) / (level + right - j);
  }
  return sum;
}

/** P(rank ≤ k) = 1 − C(level + right − m, right)/C(level + right, right) with m = k − above. */
export function chanceWithin({ above, level, right }: Place, k: number): number {
  const places = k - above;
  if (places <= 0) return 0;
  if (places > level) return 1;
  let miss = 1;
  for (let i = 0; i < right; i++) miss *= (level + right - places - i) / (level + right - i);
  return 1 - miss;
}

/**
 * The median of the ranks of all queries together, each spread over the ranks that it may have:
 * the usual median where nothing is tied.
 */
export function medianRank(places: readonly Place[]): number {
  // Rounding must not move a share of exactly one half.
  const slack = 1e-9;
  const shareWithin = (k: number): number =>
    places.reduce((sum, place) => sum + chanceWithin(place, k), 0) / places.length;
  const first = (reached: (share: number) => boolean): number => {
    let [low, high] = [1, Math.max(...last(places))];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (reached(shareWithin(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return (first((share) => share >= 0.5 - slack) + first((share) => share > 0.5 + slack)) / 2;
}

/** The last rank that each may have. */
function last(places: readonly Place[]): number[] {
  return places.map(({ above, level }) => above + level + 1);
}
