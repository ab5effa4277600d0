import type { Values } from '../graph/types';

/** The number that all elements equal, or null. For typical data the first few elements decide. */
export function fillOf(values: Values): number | null {
  const first = values[0] as number;
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return null;
  return first;
}
