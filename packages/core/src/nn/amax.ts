import { cast, div, equal, max, mul, reshape, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { constantOf } from './stop-gradient';
import { withGradient } from './with-gradient';

/**
 * The largest values over `axis` (default: all axes), as `torch.amax`. Equal largest values share
 * the gradient evenly. (tfjs's `max` gives the whole gradient to each of them, so a tie of n counts
 * n times.)
 */
export function amax<T extends Tensor>(x: Tensor, axis?: number | number[], keepDims = false): T {
  return tidy(() => {
    const best = constantOf(x, (value) => max(value, axis, true));
    const { shape } = keepDims ? best : constantOf(best, (value) => max(value, axis));
    return withGradient<Tensor, T>(
      x,
      (value, save) => {
        save(value, best);
        return reshape(best, shape) as T;
      },
      (gradient, [value, largest]) => {
        const ties = cast(equal(value!, largest!), 'float32');
        const shares = div(ties, sum(ties, axis, true));
        return mul(shares, reshape(gradient, largest!.shape));
      },
    );
  });
}
