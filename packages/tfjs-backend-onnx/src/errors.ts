import { BackendError } from './backend-error';

/** The kind of an {@link OnnxBackendError}. */
export type OnnxBackendErrorCode =
  | 'unsupported-op'
  | 'options'
  | 'provider'
  | 'runtime'
  | 'out-of-memory'
  | 'disposed'
  | 'jit'
  | 'export';

const MARKER = Symbol.for('@crossweave/tfjs-backend-onnx/error');

/**
 * The errors of this package, except for wrong operands of an op, which are plain errors as in
 * tfjs. After an error all other tensors remain usable.
 */
export class OnnxBackendError extends BackendError<OnnxBackendErrorCode> {
  override readonly name = 'OnnxBackendError';
  readonly [MARKER] = true;

  /** Whether a value is an error of this class, also of a second copy of the package. */
  static is(value: unknown): value is OnnxBackendError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}

/** Converts an error of ONNX Runtime to a typed error that names the operator. */
export function fromRuntime(cause: unknown, doing: string): OnnxBackendError {
  if (OnnxBackendError.is(cause)) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const op = /running (\w+) node/.exec(text)?.[1] ?? /Name:'\d+_(\w+)'/.exec(text)?.[1];
  const memory = /allocat|out of memory|bad_alloc|max buffer size|too many storage buffers/i.test(
    text,
  );
  const where = op === undefined ? '' : ` in ${op}`;
  if (/out of data bounds|invalid indice|invalid index|batch_indices value/i.test(text)) {
    return new OnnxBackendError(
      'runtime',
      `ONNX Runtime failed${where} while ${doing}: an index is out of range. Its message: ${text} ` +
        'Indices must be at least 0 and less than the size of their axis.',
      op,
      { cause, advice: 'Dispose the tensor that failed and go on.' },
    );
  }
  const advice = memory
    ? 'Free tensors, or use a smaller batch.'
    : 'Tensors that were computed before remain valid: dispose the tensor that failed and go on.';
  return new OnnxBackendError(
    memory ? 'out-of-memory' : 'runtime',
    `ONNX Runtime failed${where} while ${doing}: ${text}`,
    op,
    { cause, advice },
  );
}
