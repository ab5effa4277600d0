import { concat, customGrad, mul, reshape, slice } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor } from '@tensorflow/tfjs-core';
import { constantOf } from '@crossweave/core/nn';

/**
 * A scalar whose gradients with respect to `inputs` are computed together with it. Only these
 * gradients are kept for the backward pass, so a sum over chunks needs the memory of one chunk.
 * First derivatives only.
 */
export function withEagerGradients(
  inputs: readonly Tensor[],
  compute: (...inputs: Tensor[]) => { value: Scalar; gradients: readonly Tensor[] },
): Scalar {
  // A custom operation has one result, so the value and the gradients are packed into one tensor.
  const packed = constantOf(inputs[0]!, () => {
    const { value, gradients } = compute(...inputs);
    return concat([value, ...gradients].map((part) => reshape<Rank.R1>(part, [part.size])));
  });
  const ends = inputs.reduce((at, { size }) => [...at, at.at(-1)! + size], [1]);
  const op = customGrad<Scalar>((...args) => {
    const save = args.at(-1) as (tensors: Tensor[]) => void;
    save([packed]);
    return {
      value: reshape(slice(packed, 0, 1), []),
      gradFunc: (upstream: Scalar, saved: Tensor[]) =>
        inputs.map(({ shape, size }, i) =>
          mul(reshape(slice(saved[0]!, ends[i]!, size), shape), upstream),
        ),
    };
  });
  return op(...inputs);
}
