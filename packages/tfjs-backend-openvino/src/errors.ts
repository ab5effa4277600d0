/** The kind of an {@link OpenvinoBackendError}. */
export type OpenvinoBackendErrorCode =
  'unsupported-op' | 'options' | 'library' | 'precision' | 'runtime' | 'out-of-memory' | 'disposed';

const MARKER = Symbol.for('@crossweave/tfjs-backend-openvino/error');

/**
 * The errors of this package. Errors about the graph, and not about OpenVINO, are thrown by the
 * engine underneath as an `OnnxBackendError`. After either, all other tensors remain usable.
 */
export class OpenvinoBackendError extends Error {
  override readonly name = 'OpenvinoBackendError';
  readonly [MARKER] = true;
  /** What the reader can do, where the error has it by itself; the message ends with it. */
  readonly advice: string | undefined;

  constructor(
    readonly code: OpenvinoBackendErrorCode,
    /** The message without the advice. */
    readonly summary: string,
    /** The operator of the graph, if it is known. */
    readonly op?: string,
    options: { cause?: unknown; advice?: string } = {},
  ) {
    const { cause, advice } = options;
    super(
      advice === undefined ? summary : `${summary} ${advice}`,
      cause === undefined ? undefined : { cause },
    );
    this.advice = advice;
  }

  /** Whether a value is an error of this class, also of a second copy of the package. */
  static is(value: unknown): value is OpenvinoBackendError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}
