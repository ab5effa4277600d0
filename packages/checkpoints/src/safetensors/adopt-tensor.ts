import {
  engine,
  tensor,
  type KernelBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Numbers } from './decode';

/** What the `onnx` engine offers, and tfjs's contract of a backend lacks. */
interface AdoptingBackend {
  literal(values: Numbers, shape: readonly number[], dtype: string): TensorInfo;
}

/**
 * A tensor of `values`, which nobody may write to any more: the engine keeps the array. tfjs's
 * `tensor` leaves it to the engine to copy, and one that computes later must; a checkpoint would
 * be in memory twice.
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
