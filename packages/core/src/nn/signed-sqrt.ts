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
 * BLOCK): it tames products, whose large values would drown the rest.
 *
 * The derivative 1/(2√|x|) has no bound at 0. Where |x| is at least `epsilon` it is exact; below, it
 * falls as √|x|/(2·epsilon) to 0 at 0, so that it never exceeds 1/(2√epsilon), 5,000 by default. A
 * zero, which is a dead unit or a missing modality, gets no gradient, as from PyTorch's
 * √relu(x) − √relu(−x). The default lies below the rounding of a float32 sum of terms of size 1
 * (6e-8), where the sign itself is noise.
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
