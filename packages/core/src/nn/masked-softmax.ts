import { cast, mul, softmax, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { select } from './select';

/** What a masked score becomes: finite, since softmax of a row of −Infinity is NaN. */
const masked = -1e9;

/**
 * Softmax over the last axis among the entries that `mask` has at 1 (its shape broadcasts to that
 * of `scores`); the others are 0, and what `scores` holds there is not read. A row without
 * any 1 is 0 throughout, and so is its gradient: `softmax` of −Infinity would make it NaN.
 *
 * Attention has the same by a shorter way: it zeroes the values at masked keys, [B, Nk, D],
 * where this would zero weights, [B, H, Nq, Nk].
 */
export function maskedSoftmax<T extends Tensor>(scores: T, mask: Tensor): T {
  return tidy(() => {
    const shares = softmax(select(mask, scores, masked));
    return mul<T>(shares, cast(mask, 'float32'));
  });
}
