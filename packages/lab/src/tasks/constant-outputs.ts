import { grad, mul, sum, tensor1d, tensor2d, tidy, tile } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

const steps = 200;

/**
 * [K] the constant outputs of least mean loss (Adam from 0; where the loss has no minimum they stop
 * at some size). Equal values are computed once, and their
 * order is of no account.
 *
 * @param loss [n] the losses of outputs [n, K] for n values.
 */
export function constantOutputs<Value>(
  width: number,
  values: readonly Value[],
  loss: (outputs: Tensor2D, values: readonly Value[]) => Tensor1D,
): number[] {
  const counts = new Map<string, { value: Value; count: number }>();
  for (const value of values) {
    const text = JSON.stringify(value);
    counts.set(text, { value, count: (counts.get(text)?.count ?? 0) + 1 });
  }
  const distinct = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  const known = distinct.map(({ value }) => value);
  const shares = distinct.map(({ count }) => count / values.length);
  const slopeAt = (outputs: readonly number[]): Float32Array =>
    tidy(() => {
      const objective = (at: Tensor): Scalar => {
        const each = loss(tile(at as Tensor2D, [known.length, 1]), known);
        return sum<Scalar>(mul(each, tensor1d(shares)));
      };
      return grad(objective)(tensor2d([[...outputs]])).dataSync<'float32'>();
    });
  // Adam without bias correction, whose step shrinks to 0.
  const [found, first, second] = [0, 0, 0].map(() => new Array<number>(width).fill(0));
  for (let step = 0; step < steps; step++) {
    slopeAt(found!).forEach((slope, k) => {
      first![k] = 0.9 * first![k]! + 0.1 * slope;
      second![k] = 0.99 * second![k]! + 0.01 * slope ** 2;
      found![k]! -= (0.2 * (1 - step / steps) * first![k]) / (Math.sqrt(second![k]) + 1e-12);
    });
  }
  return found!;
}
