import { concat, customGrad, mul, reshape, slice } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor } from '@tensorflow/tfjs-core';
import { constantOf } from '@crossweave/core/nn';

/**
 * A scalar whose gradients by `inputs` are computed along with it. Nothing of what `compute` does
 * is kept for the backward pass but the gradients themselves, so a sum that is swept in chunks
 * needs the memory of one chunk. First derivatives only.
 */
export function withEagerGradients(
  inputs: readonly Tensor[],
  compute: (...inputs: Tensor[]) => { value: Scalar; gradients: readonly Tensor[] },
): Scalar {
  // One operation gives one tensor: the value, then the gradients one after the other.
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
