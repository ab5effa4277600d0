import { cast, where, type Tensor } from '@tensorflow/tfjs-core';
import { stopGradient } from './stop-gradient';

/**
 * `whenTrue` where the condition is not 0, `whenFalse` elsewhere; shapes broadcast. Each value
 * has the gradient of the places it was chosen for, the condition none, whatever it was
 * computed from: `where` alone throws when differentiated through a comparison.
 *
 * What is not chosen may be NaN, but the gradient of a function is multiplied by 0 where its
 * value is not chosen, and 0·∞ is NaN. So guard the argument, not the result:
 * √ of `select(positive, x, 1)`, then `select(positive, root, 0)`.
 */
export function select<T extends Tensor>(
  condition: Tensor,
  whenTrue: T | number,
  whenFalse: T | number,
): T {
  return where<T>(stopGradient(cast(condition, 'bool')), whenTrue, whenFalse);
}
