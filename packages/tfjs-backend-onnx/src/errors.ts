/** Why the backend could not do what it was asked. */
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
 * What this package throws, but for operands that do not fit an op: those are plain errors, as in
 * tfjs. The process and every other tensor survive it.
 */
export class OnnxBackendError extends Error {
  override readonly name = 'OnnxBackendError';
  readonly [MARKER] = true;

  constructor(
    readonly code: OnnxBackendErrorCode,
    message: string,
    /** The tfjs kernel or ONNX operator concerned, when it is known. */
    readonly op?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** True for errors of this class, also across two copies of the package. */
  static is(value: unknown): value is OnnxBackendError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}

/** Turns what ONNX Runtime threw into a typed error that names the operator. */
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
      `ONNX Runtime failed${where} while ${doing}: an index is out of range. It says: ${text} ` +
        'Indices count from 0 and are less than the size of the axis they point into; none is ' +
        'negative. Dispose of the tensor that failed and go on.',
      op,
      { cause },
    );
  }
  const advice = memory
    ? 'Free tensors, or use a smaller batch.'
    : 'Tensors already computed stay valid; dispose the tensor that failed and go on.';
  return new OnnxBackendError(
    memory ? 'out-of-memory' : 'runtime',
    `ONNX Runtime failed${where} while ${doing}: ${text} ${advice}`,
    op,
    { cause },
  );
}
