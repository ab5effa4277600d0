import {
  engine,
  tensor,
  util,
  type KernelBackend,
  type Rank,
  type ShapeMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** Methods of engines on a graph that tfjs's interface of backends lacks. */
interface LendingBackend {
  allocate(dtype: 'float32', length: number): Float32Array;
  literal(values: Float32Array, shape: readonly number[], dtype: 'float32'): TensorInfo;
}

/**
 * A float32 tensor whose numbers are written where the engine keeps them, so that a large batch is in
 * memory once. (`tf.tensor` makes an engine on a graph copy the array.) Other engines keep the array.
 *
 * @param write writes every number, in row-major order: the array comes with the numbers of an earlier
 * tensor. It must not be written to afterwards.
 */
export function writtenTensor<R extends Rank>(
  shape: ShapeMap[R],
  write: (values: Float32Array) => void,
): Tensor<R> {
  const { backend } = engine();
  const length = util.sizeFromShape(shape);
  const lends = lendsMemory(backend);
  const values = lends ? backend.allocate('float32', length) : new Float32Array(length);
  write(values);
  if (!lends) return tensor(values, shape, 'float32');
  const info = backend.literal(values, shape, 'float32');
  return engine().makeTensorFromTensorInfo(info, backend) as Tensor<R>;
}

function lendsMemory(backend: KernelBackend): backend is KernelBackend & LendingBackend {
  return ['allocate', 'literal'].every(
    (name) => typeof (backend as unknown as Record<string, unknown>)[name] === 'function',
  );
}
