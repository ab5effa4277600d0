import {
  abs,
  div,
  maximum,
  mul,
  sign,
  sqrt,
  square,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { withGradient } from './with-gradient';

/**
 * sign(x)·√|x|, the power normalisation of bilinear features (Perronnin et al. 2010; MCB, MFB,
 * BLOCK): it compresses the large values that products of features have.
 *
 * The derivative 1/(2√|x|) is unbounded at 0. It is exact where |x| is at least `epsilon`; below,
 * √|x|/(2·epsilon) is used, which is 0 at 0. So the derivative never exceeds 1/(2√epsilon), 5,000
 * by default. A zero (a dead unit, a missing modality) gets no gradient, as from √relu(x) −
 * √relu(−x) in PyTorch. The default epsilon is below the rounding of a float32 sum of terms of size
 * 1 (6e-8), where even the sign is noise.
 */
export function signedSqrt<T extends Tensor>(x: T, epsilon = 1e-8): T {
  return tidy(() =>
    withGradient(
      x,
      (value, save) => {
        const root = mul<T>(sign(value), sqrt(abs(value)));
        save(root);
        return root;
      },
      (gradient, [root]) =>
        mul<T>(gradient, div(abs(root!), mul(maximum(square(root!), epsilon), 2))),
    ),
  );
}
