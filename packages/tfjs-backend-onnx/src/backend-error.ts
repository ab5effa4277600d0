/** An error of a backend, with a code and with what the reader can do. */
export abstract class BackendError<Code extends string> extends Error {
  /** What the reader can do, where the error has it by itself; the message ends with it. */
  readonly advice: string | undefined;

  constructor(
    readonly code: Code,
    /** The message without the advice. */
    readonly summary: string,
    /** The tfjs kernel or operator of the graph, if it is known. */
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
}
