import { add, mean, mul, rsqrt, squaredDifference, sub, tidy } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constantOf } from './stop-gradient';
import { withGradient } from './with-gradient';

/**
 * (x − mean) / √(variance + epsilon) over `axes` with the biased variance. Gives the result and
 * both statistics, which keep the reduced axes with size 1 and are constants of differentiation.
 *
 * The gradient, with y the result and ⟨·⟩ the mean over the axes, is (g − ⟨g⟩ − y·⟨g·y⟩) / σ.
 */
export function standardise<T extends Tensor>(
  x: T,
  axes: number[],
  epsilon: number,
): { value: T; average: Tensor; variance: Tensor } {
  const average = constantOf(x, (values) => mean(values, axes, true));
  const variance = constantOf(x, (values) => mean(squaredDifference(values, average), axes, true));
  const inverse = rsqrt(add(variance, epsilon));
  const value = withGradient(
    x,
    (values, save) => {
      const result = mul<T>(sub(values, average), inverse);
      save(result, inverse);
      return result;
    },
    (gradient, [result, scale]) =>
      tidy(() => {
        const along = mean(mul(gradient, result!), axes, true);
        const rest = sub(sub(gradient, mean(gradient, axes, true)), mul(result!, along));
        return mul<T>(rest, scale!);
      }),
  );
  return { value, average, variance };
}
