import { OnnxBackendError } from '../errors';

/** The error for the use of a tensor that exists only inside a trace. */
export function escaped(): OnnxBackendError {
  return new OnnxBackendError(
    'jit',
    'A tensor was used that a jit function made while it was traced and that it did not return. ' +
      'Return the tensor from the function, or assign it to a tf.Variable inside the function.',
  );
}

/** The error for reading a value while a function is traced. */
export function readWhileTraced(): OnnxBackendError {
  return new OnnxBackendError(
    'jit',
    'A value was read (data, dataSync, array, print, ...) inside a function that jit or ' +
      'exportOnnx traces. During a trace no values are computed: return the tensor and read it outside.',
  );
}
