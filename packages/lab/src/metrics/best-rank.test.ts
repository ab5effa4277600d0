import { foldIn, key, permutation } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import {
  chanceWithin,
  expectedRank,
  expectedReciprocal,
  medianRank,
  type Place,
} from './best-rank';

/** The ranks of the best right candidate over all orders of the tied ones. */
function ranksOver({ above, level, right }: Place): number[] {
  const size = level + right;
  const ranks: number[] = [];
  // Every choice of `right` places among the tied ones is as likely.
  for (let chosen = 0; chosen < 2 ** size; chosen++) {
    const places = Array.from({ length: size }, (_, i) => (chosen >> i) & 1);
    if (places.filter((one) => one === 1).length !== right) continue;
    ranks.push(above + 1 + places.indexOf(1));
  }
  return ranks;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('a tied place', () => {
  it.each<Place>([
    { above: 0, level: 0, right: 1 },
    { above: 0, level: 5, right: 1 },
    { above: 3, level: 4, right: 2 },
    { above: 1, level: 1, right: 7 },
    { above: 2, level: 8, right: 3 },
  ])('has the expectations of all orders: %o', (place) => {
    const ranks = ranksOver(place);
    expect(expectedRank(place)).toBeCloseTo(mean(ranks), 12);
    expect(expectedReciprocal(place)).toBeCloseTo(mean(ranks.map((rank) => 1 / rank)), 12);
    for (let k = 1; k <= 15; k++) {
      const within = mean(ranks.map((rank) => (rank <= k ? 1 : 0)));
      expect(chanceWithin(place, k)).toBeCloseTo(within, 12);
    }
  });
});

describe('medianRank', () => {
  const certain = (rank: number): Place => ({ above: rank - 1, level: 0, right: 1 });

  it('is the usual median without ties', () => {
    expect(medianRank([4, 1, 9].map(certain))).toBe(4);
    expect(medianRank([4, 1, 9, 6].map(certain))).toBe(5);
    expect(medianRank([certain(3)])).toBe(3);
  });

  it('is the median of all ranks that ties allow', () => {
    const places = [
      { above: 2, level: 9, right: 1 },
      { above: 0, level: 6, right: 1 },
      { above: 12, level: 0, right: 1 },
    ];
    // Each query has its ranks with a total weight of one: 10, 7 and 1 of them.
    const spread = places.flatMap((place) => {
      const ranks = ranksOver(place);
      return Array.from({ length: 70 / ranks.length }, () => ranks).flat();
    });
    spread.sort((a, b) => a - b);
    expect(medianRank(places)).toBe((spread[104]! + spread[105]!) / 2);
  });

  it('of scores that know nothing agrees with drawing', () => {
    const drawn = Array.from({ length: 4001 }, (_, trial) => {
      const order = permutation(foldIn(key(3), trial), 40);
      return 1 + Math.min(order[0]!, order[1]!, order[2]!);
    }).sort((a, b) => a - b);
    const exact = medianRank([{ above: 0, level: 37, right: 3 }]);
    expect(Math.abs(exact - drawn[2000]!)).toBeLessThanOrEqual(1);
  });
});
