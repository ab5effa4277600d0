import { cast, div, equal, eye, logSoftmax, max, mul, neg, sum } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { constantOf } from '@crossweave/core/nn';
import { meanOfCounted } from './negatives';

/** Mean over the rows that count (default: all) of −Σ targets · ln softmax(logits), both [B, N]. */
export function crossEntropy(
  logits: Tensor2D,
  targets: Tensor2D,
  counted = new Array<boolean>(logits.shape[0]).fill(true),
): Scalar {
  return neg(meanOfCounted(sum<Tensor1D>(mul(logSoftmax(logits), targets), 1), counted));
}

/**
 * The largest of each row of [B, N]; equal ones share its gradient evenly, where tfjs's own `max`
 * sends all of it to each.
 */
export function rowMaximum(x: Tensor2D): Tensor1D {
  const shares = constantOf(x, (values) => {
    const best = cast(equal(values, max(values, 1, true)), 'float32');
    return div<Tensor2D>(best, sum(best, 1, true));
  });
  return sum(mul(x, shares), 1);
}

/** [B] the diagonal of [B, B]. */
export function diagonal(square: Tensor2D): Tensor1D {
  return sum(mul(square, eye(square.shape[0])), 1);
}
