import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { withGradient } from './with-gradient';

/**
 * The same values as `x`, as a constant of differentiation (PyTorch's `detach`). The result shares
 * the data of `x` and nothing is recorded on the tape.
 */
export function stopGradient<T extends Tensor>(x: T): T {
  // As tfjs does for a Variable: a second tensor, and a second reference to the same data.
  const { backend } = engine().state.tensorInfo.get(x.dataId)!;
  backend.incRef(x.dataId);
  return engine().makeTensorFromTensorInfo(x, backend) as T;
}

/**
 * `compute(x)` as a constant of differentiation; intermediate tensors are released before it
 * returns.
 */
export function constantOf<X extends Tensor, Y extends Tensor>(x: X, compute: (x: X) => Y): Y {
  // Inside a custom operation tfjs records nothing, so the tape keeps no intermediate tensors. The
  // input is stopped, so the backward function is never called.
  return withGradient(stopGradient(x), compute, () => x);
}
