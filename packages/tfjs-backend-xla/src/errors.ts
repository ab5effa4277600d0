import { BackendError } from '@crossweave/tfjs-backend-onnx/graph';

/** Why the backend could not do what it was asked. */
export type XlaBackendErrorCode =
  'unsupported-op' | 'options' | 'plugin' | 'runtime' | 'out-of-memory' | 'disposed';

const MARKER = Symbol.for('@crossweave/tfjs-backend-xla/error');

/**
 * What this package throws. What concerns the graph and not XLA is thrown by the engine underneath,
 * as an `OnnxBackendError`. The process and every other tensor survive both.
 */
export class XlaBackendError extends BackendError<XlaBackendErrorCode> {
  override readonly name = 'XlaBackendError';
  readonly [MARKER] = true;

  /** True for errors of this class, also across two copies of the package. */
  static is(value: unknown): value is XlaBackendError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}
