import { dispose, memory, type Tensor } from '@tensorflow/tfjs-core';
import { ConformanceError } from './check';
import { tensorsOf } from './trees';

/**
 * Runs a function outside of any `tidy` and disposes its result. Throws when there are more tensors
 * than before, or when one of `inputs` was disposed. `run` may return its inputs.
 */
export function assertNoLeak(
  what: string,
  inputs: readonly Tensor[],
  run: () => readonly object[],
): void {
  const before = memory().numTensors;
  const returned = new Set(run().flatMap((tree) => tensorsOf(tree)));
  if (inputs.some((input) => input.isDisposed)) {
    throw new ConformanceError(`${what} disposed a tensor that it was given`, {
      advice: 'Inputs and parameters belong to the caller.',
    });
  }
  for (const input of inputs) returned.delete(input);
  dispose([...returned]);
  const left = memory().numTensors - before;
  if (left !== 0) {
    throw new ConformanceError(`${what} leaks tensors`, {
      expected: 'as many tensors as before, after the results are disposed',
      got: `${left} more`,
      advice: 'Wrap the computation in tidy().',
    });
  }
}
