import { eye, logSoftmax, mul, neg, sum } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { hostValue, type HostValue } from '@crossweave/core';
import { meanOfCounted } from './negatives';

/**
 * Cross-entropy −Σ targets · ln softmax(logits) of targets and logits [B, N], averaged over the
 * rows that count (default: all rows).
 */
export function crossEntropy(
  logits: Tensor2D,
  targets: Tensor2D,
  counted: HostValue<readonly boolean[]> = hostValue(
    new Array<boolean>(logits.shape[0]).fill(true),
  ),
): Scalar {
  return neg(meanOfCounted(sum<Tensor1D>(mul(logSoftmax(logits), targets), 1), counted));
}

/** The diagonal [B] of a matrix [B, B]. */
export function diagonal(square: Tensor2D): Tensor1D {
  return sum(mul(square, eye(square.shape[0])), 1);
}
