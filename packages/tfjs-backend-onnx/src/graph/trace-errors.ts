import { OnnxBackendError } from '../errors';

/** A tensor made by a function while it was traced has no value of its own. */
export function escaped(): OnnxBackendError {
  return new OnnxBackendError(
    'jit',
    'A tensor was used that a jit function made while it was traced and did not return. ' +
      'Return it from the function, or assign it to a tf.Variable there.',
  );
}

/** While a function is traced there is nothing to read. */
export function readWhileTraced(): OnnxBackendError {
  return new OnnxBackendError(
    'jit',
    'A value was read (data, dataSync, array, print, ...) inside a function that jit or ' +
      'exportOnnx traces. There are no values yet: return the tensor and read it outside.',
  );
}
