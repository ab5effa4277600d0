import type { Values } from '../graph/types';

/** The number that all elements equal, or null. Real data is told apart by its first few elements. */
export function fillOf(values: Values): number | null {
  const first = values[0] as number;
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return null;
  return first;
}
