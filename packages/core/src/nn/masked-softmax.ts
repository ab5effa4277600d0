import { cast, mul, softmax, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { select } from './select';

/** The value of a masked score. It is finite, since softmax of a row of −Infinity is NaN. */
const masked = -1e9;

/**
 * Softmax over the last axis of the entries whose `mask` is 1; the result is 0 elsewhere, and the
 * masked scores do not matter. The shape of `mask` broadcasts to the shape of `scores`. A row
 * without a 1 has the result 0 and the gradient 0, where `softmax` of −Infinity would give NaN.
 *
 * `scaledDotProductAttention` does not use this function: zeroing the values at masked keys [B, Nk,
 * D] costs less than zeroing weights [B, H, Nq, Nk].
 */
export function maskedSoftmax<T extends Tensor>(scores: T, mask: Tensor): T {
  return tidy(() => {
    const shares = softmax(select(mask, scores, masked));
    return mul<T>(shares, cast(mask, 'float32'));
  });
}
