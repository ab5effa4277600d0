import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { withGradient } from './with-gradient';

/**
 * The same values, through which no gradient flows. It costs nothing: the result shares the data
 * of `x` and the tape never hears of it.
 */
export function stopGradient<T extends Tensor>(x: T): T {
  // What tfjs itself does for a Variable: one more tensor, and one more reference to its data.
  const { backend } = engine().state.tensorInfo.get(x.dataId)!;
  backend.incRef(x.dataId);
  return engine().makeTensorFromTensorInfo(x, backend) as T;
}

/** `compute(x)` as a constant of differentiation; no intermediate outlives the call. */
export function constantOf<X extends Tensor, Y extends Tensor>(x: X, compute: (x: X) => Y): Y {
  // Wrapped as one operation the inner ones are not recorded, so the tape retains none of them.
  // It hangs on a stopped input: its gradient is never asked for.
  return withGradient(stopGradient(x), compute, () => x);
}
