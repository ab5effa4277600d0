/** The streams a terminal writes to; `process` is one. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; columns?: number };
}

/** How far long work has come. */
export interface Progress {
  /** `current` of `total` is done; `note` is shown behind (a loss, a metric). */
  update(current: number, total: number, note?: string): void;
  /** Ends the bar; the line stays. */
  done(note?: string): void;
}

/**
 * What a command says. With `--json`, stdout carries the one JSON document and everything else
 * goes to stderr; a bar is drawn on a terminal, plain lines now and then elsewhere.
 */
export class Terminal {
  readonly #streams: Streams;
  readonly #json: boolean;
  readonly #now: () => number;

  constructor(streams: Streams, json = false, now: () => number = () => performance.now()) {
    this.#streams = streams;
    this.#json = json;
    this.#now = now;
  }

  /** A line for the reader. */
  line(text = ''): void {
    (this.#json ? this.#streams.stderr : this.#streams.stdout).write(`${text}\n`);
  }

  /** A line that is no result: a warning, a hint. */
  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** The command's result, printed only with `--json`. */
  document(value: unknown): void {
    if (this.#json) this.#streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  progress(title: string): Progress {
    const { stderr } = this.#streams;
    const tty = stderr.isTTY === true;
    const began = this.#now();
    const interval = tty ? 100 : 10_000;
    let last = began - interval;
    let shown = '';
    return {
      update: (current, total, note = '') => {
        const now = this.#now();
        if (now - last < interval && current < total) return;
        last = now;
        const text = describe(title, current, total, now - began, note);
        shown = text;
        if (!tty) stderr.write(`${text}\n`);
        else
          stderr.write(
            `\r\u001b[2K${bar(current, total)} ${text.slice(0, (stderr.columns ?? 80) - 24)}`,
          );
      },
      done: (note = '') => {
        const seconds = ((this.#now() - began) / 1000).toFixed(1);
        const suffix = note === '' ? '' : `, ${note}`;
        if (tty && shown !== '') stderr.write('\r\u001b[2K');
        stderr.write(`${title}: done in ${seconds} s${suffix}\n`);
      },
    };
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
