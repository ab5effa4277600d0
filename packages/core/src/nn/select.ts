import { cast, where, type Tensor } from '@tensorflow/tfjs-core';
import { stopGradient } from './stop-gradient';

/**
 * `whenTrue` where the condition is not 0, `whenFalse` elsewhere; shapes broadcast. Each value gets
 * the gradient of the places where it was chosen; the condition gets none. (tfjs's `where` throws
 * when it is differentiated and its condition is a comparison.)
 *
 * A value that is not chosen may be NaN. Its gradient is then 0 times the derivative of the
 * function that computed it, and 0·∞ is NaN. So guard the argument of that function too: take √ of
 * `select(positive, x, 1)`, then `select(positive, root, 0)`.
 */
export function select<T extends Tensor>(
  condition: Tensor,
  whenTrue: T | number,
  whenFalse: T | number,
): T {
  return where<T>(stopGradient(cast(condition, 'bool')), whenTrue, whenFalse);
}
