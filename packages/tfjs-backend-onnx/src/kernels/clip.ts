import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { via, withScalar } from './elementwise';

/** The smallest and the largest int32. */
const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;

/** A bound for integers: beyond int32 it has no effect, else it is rounded towards zero. */
function whole(bound: number): number {
  return Math.min(Math.max(Math.trunc(bound), INT32[0]), INT32[1]);
}

/** x, at least `low` and at most `high`. */
export function clip(b: KernelContext, x: Node, low: number, high: number): Node {
  if (x.dtype === 'bool') return via(b, x, 'int32', (wide) => clip(b, wide, low, high));
  const [least, most] = x.dtype === 'float32' ? [low, high] : [whole(low), whole(high)];
  return withScalar(b, 'Min', withScalar(b, 'Max', x, least), most);
}
