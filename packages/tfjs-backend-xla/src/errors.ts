/** Why the backend could not do what it was asked. */
export type XlaBackendErrorCode =
  'unsupported-op' | 'options' | 'plugin' | 'runtime' | 'out-of-memory' | 'disposed';

const MARKER = Symbol.for('@crossweave/tfjs-backend-xla/error');

/**
 * What this package throws. What concerns the graph and not XLA is thrown by the engine underneath,
 * as an `OnnxBackendError`. The process and every other tensor survive both.
 */
export class XlaBackendError extends Error {
  override readonly name = 'XlaBackendError';
  readonly [MARKER] = true;
  /** What the reader can do; the message ends with it. */
  readonly advice: string | undefined;

  constructor(
    readonly code: XlaBackendErrorCode,
    /** The message without the advice. */
    readonly summary: string,
    /** The operator of the graph concerned, when it is known. */
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

  /** True for errors of this class, also across two copies of the package. */
  static is(value: unknown): value is XlaBackendError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}
