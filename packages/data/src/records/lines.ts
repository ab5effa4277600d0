const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Whether a line ends with this byte of a text: CR LF, LF and CR alone end lines. */
function endsLine(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  return byte === lineFeed || (byte === carriageReturn && bytes[at + 1] !== lineFeed);
}

/** How many lines end within [from, to). */
export function countLineEnds(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (endsLine(bytes, at)) count++;
  return count;
}

/** Where the line of `at` is over: the position after its end, or the end of the text. */
export function nextLine(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && !endsLine(bytes, end)) end++;
  return Math.min(end + 1, bytes.length);
}

/** The lines of a text in an ASCII-compatible encoding, without their ends. */
export function* linesOfBytes(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const next = nextLine(bytes, at);
    let end = next;
    while (end > at && (bytes[end - 1] === lineFeed || bytes[end - 1] === carriageReturn)) end--;
    yield bytes.subarray(at, end);
    at = next;
  }
}

/** The lines of a text, without their ends, and the number of each. */
export function* linesOfText(text: string): Generator<{ content: string; line: number }> {
  let line = 1;
  let from = 0;
  for (const { 0: end, index } of text.matchAll(/\r\n|\n|\r/g)) {
    yield { content: text.slice(from, index), line };
    line++;
    from = index + end.length;
  }
  if (from < text.length) yield { content: text.slice(from), line };
}
