/** A stream of text; one that can fail tells so by the event `error`. */
interface Output {
  write(text: string): unknown;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  removeListener?(event: 'error', listener: (error: Error) => void): unknown;
}

/** The streams a terminal writes to; `process` is one. */
export interface Streams {
  readonly stdout: Output;
  readonly stderr: Output & { readonly isTTY?: boolean; columns?: number };
}

export interface TerminalOptions {
  /** Stdout carries one JSON document, all else goes to stderr. Default false. */
  readonly json?: boolean;
  /** Called when nobody reads stdout or stderr any more. */
  readonly closed?: () => void;
  /** Milliseconds; default the process's own clock. */
  readonly now?: () => number;
}

/** How far long work has come. */
export interface Progress {
  /** `current` of `total` is done; `note` is shown behind (a loss, a metric). */
  update(current: number, total: number, note?: string): void;
  /** Ends the bar; the line stays. */
  done(note?: string): void;
}

/**
 * What a command says. With `json`, stdout carries the one JSON document and everything else
 * goes to stderr; a bar is drawn on a terminal, plain lines now and then elsewhere. Characters by
 * which a file's content could steer a terminal are shown as codes.
 */
export class Terminal implements Disposable {
  readonly #streams: Streams;
  readonly #json: boolean;
  readonly #now: () => number;
  readonly #failed: () => void;
  /** Of bars that have not been told of anything yet. */
  readonly #clocks = new Set<ReturnType<typeof setInterval>>();
  /** Whether the terminal's last line is a bar. */
  #drawn = false;

  constructor(streams: Streams, options: TerminalOptions = {}) {
    const { json = false, closed, now = () => performance.now() } = options;
    this.#streams = streams;
    this.#json = json;
    this.#now = now;
    // A stream without a listener ends the process by an uncaught error.
    this.#failed = () => closed?.();
    for (const stream of [streams.stdout, streams.stderr]) stream.on?.('error', this.#failed);
  }

  [Symbol.dispose](): void {
    const { stdout, stderr } = this.#streams;
    for (const stream of [stdout, stderr]) stream.removeListener?.('error', this.#failed);
    for (const clock of this.#clocks) clearInterval(clock);
  }

  /** A line for the reader. */
  line(text = ''): void {
    this.#clear();
    (this.#json ? this.#streams.stderr : this.#streams.stdout).write(`${harmless(text)}\n`);
  }

  /** A line that is no result: a warning, a hint. */
  note(text: string): void {
    this.#clear();
    this.#streams.stderr.write(`${harmless(text)}\n`);
  }

  /** Text for stdout as it is: help, a version. */
  print(text: string): void {
    this.#streams.stdout.write(text);
  }

  /** The command's result, printed only with `json`. */
  document(value: unknown): void {
    // Within JSON text a code is the same character.
    if (this.#json) this.#streams.stdout.write(`${harmless(JSON.stringify(value, null, 2))}\n`);
  }

  /** Shows at once that the work has begun: what comes before its first part may take long. */
  progress(title: string): Progress {
    const tty = this.#streams.stderr.isTTY === true;
    const began = this.#now();
    const interval = tty ? 100 : 10_000;
    let last = began - interval;
    const elapsed = (): number => this.#now() - began;
    const clock = setInterval(
      () => this.#draw(0, 1, harmless(`${title}, ${Math.round(elapsed() / 1000)} s`)),
      tty ? 1000 : interval,
    ).unref();
    this.#clocks.add(clock);
    const stop = (): void => {
      clearInterval(clock);
      this.#clocks.delete(clock);
    };
    return {
      update: (current, total, note = '') => {
        if (current > 0) stop();
        const now = this.#now();
        if (now - last < interval && current < total) return;
        last = now;
        this.#draw(current, total, harmless(describe(title, current, total, now - began, note)));
      },
      done: (note = '') => {
        stop();
        const suffix = note === '' ? '' : `, ${note}`;
        this.note(`${title}: done in ${(elapsed() / 1000).toFixed(1)} s${suffix}`);
      },
    };
  }

  #draw(current: number, total: number, text: string): void {
    const { stderr } = this.#streams;
    if (stderr.isTTY !== true) {
      stderr.write(`${text}\n`);
      return;
    }
    // A terminal that does not know its width says 0.
    const width = stderr.columns === undefined || stderr.columns === 0 ? 80 : stderr.columns;
    const fitting = text.slice(0, Math.max(0, width - 24));
    stderr.write(`\r\u001b[2K${bar(current, total)} ${fitting}`);
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.#streams.stderr.write('\r\u001b[2K');
    this.#drawn = false;
  }
}

function describe(
  title: string,
  current: number,
  total: number,
  milliseconds: number,
  note: string,
): string {
  // A rate after a few milliseconds would be a guess nobody believes.
  const rate = milliseconds >= 500 ? current / (milliseconds / 1000) : 0;
  const pace =
    rate > 0 ? [`${rate.toFixed(1)}/s`, `${Math.ceil((total - current) / rate)} s left`] : [];
  const parts = [`${title} ${current}/${total}`, ...pace, note];
  return parts.filter((part) => part !== '').join(', ');
}

function bar(current: number, total: number): string {
  const width = 20;
  const filled = total > 0 ? Math.round((width * current) / total) : 0;
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}

/** C0 without tab and line feed, delete, C1, and the marks that turn the direction of text. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function harmless(text: string): string {
  return text.replace(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
