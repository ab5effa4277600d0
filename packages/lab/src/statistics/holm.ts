import { ConfigError } from '@crossweave/core';

/**
 * Holm's step-down correction (1979): adjusted p-values in the order given, which keep the chance
 * of any false finding among them at the level each is compared with.
 *
 * @throws ConfigError for a value that is no probability.
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.findIndex((p) => !(typeof p === 'number' && p >= 0 && p <= 1));
  if (wrong >= 0) {
    throw new ConfigError('a p-value is no probability', {
      where: 'holm',
      expected: 'numbers in [0, 1]',
      got: String(pValues[wrong]),
    });
  }
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}
