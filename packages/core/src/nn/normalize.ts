import {
  cast,
  div,
  greater,
  maximum,
  mul,
  sqrt,
  square,
  sub,
  sum,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constantOf } from './stop-gradient';
import { withGradient } from './with-gradient';

/**
 * Scales rows to length 1: x / ‖x‖ over the last axis, as `torch.nn.functional.normalize`. A row
 * whose length is at most `epsilon` (as of a missing modality) becomes a zero row with a zero
 * gradient.
 */
export function normalize<T extends Tensor>(x: T, epsilon = 1e-12): T {
  return tidy(() => {
    const inverse = constantOf(x, (value) => {
      const length = sqrt(sum(square(value), -1, true));
      return div(cast(greater(length, epsilon), 'float32'), maximum(length, epsilon));
    });
    return withGradient(
      x,
      (value, save) => {
        const result = mul<T>(value, inverse);
        save(result, inverse);
        return result;
      },
      (gradient, [result, scale]) => {
        const along = sum(mul(gradient, result!), -1, true);
        return mul<T>(sub(gradient, mul(result!, along)), scale!);
      },
    );
  });
}
