import { DataError } from '@crossweave/core';
import { namedColumns, readColumns } from './columns';
import { linesOfText } from './lines';
import type { RowReader } from './row-reader';
import { toRow, type ReadContext, type Row } from './record';
import { excerpt } from './values';

/**
 * JSON lines: one object a line, `{"image": path, "caption": string | string[]}`, optionally
 * `id`, `split`, `label` (or `labels`), `group` and `negatives` (a list of `{"caption", "kind"}` for
 * each caption). Blank lines are passed over.
 */
export class JsonlReader implements RowReader {
  readonly #context: ReadContext;
  /** The columns that are read. */
  readonly #names: readonly string[];
  /** Those that the caller named and that no line had so far. */
  readonly #unseen: Set<string>;
  /** Fields of the first line. */
  #first: readonly string[] | undefined;
  /** 1-based line with which the next block begins. */
  #line = 1;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#names = readColumns(context);
    this.#unseen = new Set(namedColumns(context.columns));
  }

  read(block: Buffer): Row[] {
    const rows: Row[] = [];
    let lines = 0;
    for (const { content, line } of linesOfText(block.toString('utf8'))) {
      lines = line;
      if (content.trim() !== '') rows.push(this.#row(content, this.#line + line - 1));
    }
    this.#line += lines;
    return rows;
  }

  /** @throws DataError when a column that the caller named for ids, splits, labels or groups is in no line */
  end(): Row[] {
    const [missing] = this.#unseen;
    if (missing === undefined || this.#first === undefined) return [];
    throw new DataError(`no line has the field "${missing}"`, {
      where: this.#context.file,
      expected: `a field "${missing}", as the columns name it`,
      got: `the fields ${this.#first.join(', ')} on the first line`,
      advice: 'Correct the name, or leave it out of the columns.',
    });
  }

  #row(content: string, line: number): Row {
    const values = parseLine(content, line, this.#context.file, this.#names);
    if (values instanceof DataError) return { line, lines: 1, error: values };
    this.#first ??= [...values.keys()];
    for (const name of this.#unseen) if (values.has(name)) this.#unseen.delete(name);
    return toRow({ values, source: content }, { line, lines: 1 }, this.#context);
  }
}

function parseLine(
  content: string,
  line: number,
  file: string,
  names: readonly string[],
): ReadonlyMap<string, unknown> | DataError {
  const details = () => ({
    where: `${file}:${line}`,
    expected: 'one JSON object, such as {"image": "images/1.jpg", "caption": "a red circle"}',
    got: excerpt(content),
  });
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    return new DataError(`line ${line} is not JSON`, {
      ...details(),
      advice: 'Correct or remove the line; every line is a whole object of its own.',
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const repeated = repeatedKey(content, names);
    if (repeated === undefined) return new Map(Object.entries(value));
    return new DataError(`line ${line} has the field "${repeated}" twice`, {
      ...details(),
      advice: 'Correct the line; several captions go into one list.',
    });
  }
  return new DataError(`line ${line} is not a JSON object`, {
    ...details(),
    advice: 'A list of records goes one record to a line.',
  });
}

/** The first of these keys that an object has twice: JSON.parse keeps the last one alone. */
function repeatedKey(content: string, names: readonly string[]): string | undefined {
  const suspects = new Set(
    names.filter((name) => {
      const key = JSON.stringify(name);
      return content.indexOf(key) !== content.lastIndexOf(key);
    }),
  );
  if (suspects.size === 0) return undefined;
  const seen = new Set<string>();
  let depth = 0;
  for (let at = 0; at < content.length; at++) {
    const letter = content[at] ?? '';
    if ('[{'.includes(letter)) depth++;
    else if (']}'.includes(letter)) depth--;
    if (letter !== '"') continue;
    const start = at + 1;
    for (at++; at < content.length && content[at] !== '"'; at++) if (content[at] === '\\') at++;
    const name = content.slice(start, at);
    if (depth !== 1 || !suspects.has(name) || !isKey(content, at + 1)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Whether a colon follows. */
function isKey(content: string, from: number): boolean {
  let at = from;
  while (/\s/.test(content[at] ?? '')) at++;
  return content[at] === ':';
}
