import {
  add,
  batchNorm,
  customGrad,
  mean,
  mul,
  rsqrt,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { constantOf } from './stop-gradient';

/**
 * weight · (x − mean) / √(variance + epsilon) + bias for x [..., C] of rank 2 to 4, where mean and
 * variance (biased) are those of x over all axes but the last. Gives the result and both
 * statistics, which are [C] and constants of differentiation.
 *
 * The gradient, with x̂ the normalised x and ⟨·⟩ the mean over those axes, is weight / σ · (g − ⟨g⟩
 * − x̂ · ⟨g · x̂⟩) for x, Σ g · x̂ for weight and Σ g for bias (Ioffe & Szegedy 2015, §3), with Σ g
 * · x̂ = (Σ g · x − mean · Σ g) / σ. The backward pass calls the same batch norm kernel with
 * different weights, so it reads x as often as the forward pass. Call it inside `tidy`.
 */
export function normaliseByBatch<T extends Tensor>(
  x: T,
  weight: Tensor,
  bias: Tensor,
  epsilon: number,
): { value: T; average: Tensor1D; variance: Tensor1D } {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const count = x.size / weight.size;
  const average = constantOf(x, (values) => mean<Tensor1D>(values, axes));
  const variance = constantOf(x, (values) =>
    mean<Tensor1D>(squaredDifference(values, average), axes),
  );

  const op = customGrad<T>((input, scale, offset, saver) => {
    const save = saver as unknown as (tensors: Tensor[]) => void;
    save([input as Tensor, scale as Tensor, average, variance]);
    return {
      value: batchNorm(
        input as Tensor4D,
        average,
        variance,
        offset as Tensor1D,
        scale as Tensor1D,
        epsilon,
      ) as Tensor as T,
      gradFunc: (gradient: T, saved: Tensor[]) => {
        const [values, gamma, centre, spread] = saved as [Tensor4D, Tensor1D, Tensor1D, Tensor1D];
        const inverse = rsqrt(add(spread, epsilon));
        const total = sum<Tensor1D>(gradient, axes);
        const products = sum(mul(gradient, values), axes);
        const along = mul<Tensor1D>(sub(products, mul(centre, total)), inverse);
        const slope = mul(gamma, inverse);
        const back = mul<Tensor1D>(slope, -1 / count);
        const rest = batchNorm(values, centre, spread, mul(total, back), mul(along, back), epsilon);
        return [add(mul(gradient, slope), rest), along, total];
      },
    };
  });
  return { value: op(x, weight, bias), average, variance };
}
