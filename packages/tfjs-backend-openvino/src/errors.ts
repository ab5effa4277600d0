import { BackendError } from '@crossweave/tfjs-backend-onnx/graph';

/** The kind of an {@link OpenvinoBackendError}. */
export type OpenvinoBackendErrorCode =
  'unsupported-op' | 'options' | 'library' | 'precision' | 'runtime' | 'out-of-memory' | 'disposed';

const MARKER = Symbol.for('@crossweave/tfjs-backend-openvino/error');

/**
 * The errors of this package. Errors about the graph, and not about OpenVINO, are thrown by the
 * engine underneath as an `OnnxBackendError`. After either, all other tensors remain usable.
 */
export class OpenvinoBackendError extends BackendError<OpenvinoBackendErrorCode> {
  override readonly name = 'OpenvinoBackendError';
  readonly [MARKER] = true;

  /** Whether a value is an error of this class, also of a second copy of the package. */
  static is(value: unknown): value is OpenvinoBackendError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}
