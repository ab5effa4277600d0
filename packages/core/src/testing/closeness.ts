/** |actual − expected| may be at most `atol + rtol · |expected|`. */
export interface Closeness {
  /** Relative tolerance; default 1e-4. */
  readonly rtol?: number;
  /** Absolute tolerance; default 1e-5. */
  readonly atol?: number;
}

/** Whether two numbers agree. NaN agrees with no number; an infinity agrees only with itself. */
export function isClose(actual: number, expected: number, closeness: Closeness = {}): boolean {
  const { rtol = 1e-4, atol = 1e-5 } = closeness;
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return actual === expected;
  return Math.abs(actual - expected) <= atol + rtol * Math.abs(expected);
}

/**
 * The first index at which two lists disagree or the shorter list has ended; −1 if there is none.
 */
export function firstDifference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  closeness: Closeness = {},
): number {
  const shared = Math.min(actual.length, expected.length);
  for (let i = 0; i < shared; i++) if (!isClose(actual[i]!, expected[i]!, closeness)) return i;
  return actual.length === expected.length ? -1 : shared;
}

/**
 * The largest |actual − expected|; Infinity when the lengths differ or exactly one of two values is
 * not finite.
 */
export function maxDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    if (isClose(actual[i]!, expected[i]!, { rtol: 0, atol: 0 })) continue;
    const difference = Math.abs(actual[i]! - expected[i]!);
    largest = Math.max(largest, Number.isFinite(difference) ? difference : Infinity);
  }
  return largest;
}
