/** Signals that ask a process to end, and the exit codes a shell expects of each. */
const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof codes;

/** The signal of an exit code; undefined for any other. */
export function signalOf(code: number): Signal | undefined {
  return (Object.keys(codes) as Signal[]).find((name) => codes[name] === code);
}

/** A program that reads our output has gone (128 + SIGPIPE). */
const closedPipe = 141;
/** A second Ctrl-C within this time was pressed while a step kept the first one waiting. */
const together = 500;

/** What an interruption needs of a process; Node's own is one. */
export interface SignalSource {
  on(event: Signal, listener: () => void): unknown;
  removeListener(event: Signal, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * The wish that a command stop: by Ctrl-C, SIGTERM, SIGHUP, or since nobody reads the output any
 * more. The command is told by an AbortSignal and saves what is good; a second signal ends the
 * process at once, which loses nothing that was saved, because all files are written whole.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #source: SignalSource;
  readonly #listeners: readonly (readonly [Signal, () => void])[];
  #code: number | undefined;
  #heard = 0;
  readonly #now: () => number;

  constructor(
    source: SignalSource,
    say: (text: string) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#now = now;
    this.#source = source;
    this.#listeners = (Object.keys(codes) as Signal[]).map((name) => [
      name,
      () => {
        this.#hear(name, say);
      },
    ]);
    for (const [name, listener] of this.#listeners) source.on(name, listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code of what was asked; undefined as long as nobody asked. */
  get code(): number | undefined {
    return this.#code;
  }

  /** The reader of the output is gone: stop, and say nothing. */
  pipeClosed(): void {
    this.#code ??= closedPipe;
    this.#controller.abort();
  }

  #hear(name: Signal, say: (text: string) => void): void {
    const now = this.#now();
    if (this.#code === undefined) {
      this.#code = codes[name];
      this.#heard = now;
      say('Stopping after this step; what is done is saved. A second signal stops at once.');
      this.#controller.abort();
    } else if (now - this.#heard > together) {
      this.#source.exit(this.#code);
    }
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) this.#source.removeListener(name, listener);
  }
}
