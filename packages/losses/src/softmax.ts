import {
  add,
  cast,
  div,
  equal,
  eye,
  greater,
  logSoftmax,
  max,
  mean,
  mul,
  neg,
  pad,
  sum,
  tensor1d,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { constantOf } from '@crossweave/core/nn';
import { excluded } from './same';

/** Mean over rows of −Σ targets · ln softmax(logits), both [B, N]. */
export function crossEntropy(logits: Tensor2D, targets: Tensor2D): Scalar {
  return neg(mean<Scalar>(sum<Tensor1D>(mul(logSoftmax(logits), targets), 1)));
}

/**
 * The share of rows i whose column i is strictly above all columns that `spared` (1) does not
 * take out of the race. NaN is never right.
 */
export function strictlyFirst(logits: Tensor2D, spared: Tensor2D): Scalar {
  const [size, width] = logits.shape;
  const diagonal = pad(eye(size), [
    [0, 0],
    [0, width - size],
  ]);
  const own = sum(mul(logits, diagonal), 1);
  const best = max(add(logits, mul(spared, excluded)), 1);
  return mean<Scalar>(cast(greater(own, best), 'float32'));
}

/**
 * Mean over rows of what a loss makes of each, [B]; rows that `counted` leaves out (they have no
 * rival, say) count neither as a value nor in the mean. 0 where none is left.
 */
export function meanOfCounted(values: Tensor1D, counted: readonly boolean[]): Scalar {
  const count = Math.max(1, counted.filter(Boolean).length);
  return sum<Scalar>(mul(values, tensor1d(counted.map((counts) => (counts ? 1 / count : 0)))));
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
