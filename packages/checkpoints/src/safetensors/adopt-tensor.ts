import {
  engine,
  tensor,
  type KernelBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Numbers } from './decode';

/** A method of the `onnx` engine that tfjs's interface of backends lacks. */
interface AdoptingBackend {
  literal(values: Numbers, shape: readonly number[], dtype: string): TensorInfo;
}

/**
 * Makes a tensor of `values` without a copy where the engine supports it. Nobody may write to the
 * array afterwards. (`tf.tensor` makes a lazy engine copy the array, and a checkpoint would be in
 * memory twice.)
 */
export function adoptTensor(
  values: Numbers,
  shape: readonly number[],
  dtype: 'float32' | 'int32' | 'bool',
): Tensor {
  const { backend } = engine();
  if (!adopts(backend)) return tensor(values, [...shape], dtype);
  return engine().makeTensorFromTensorInfo(backend.literal(values, shape, dtype), backend);
}

function adopts(backend: KernelBackend): backend is KernelBackend & AdoptingBackend {
  return 'literal' in backend && typeof backend.literal === 'function';
}
