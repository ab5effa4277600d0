import { DataError } from '@crossweave/core';
import { repeatedKey } from '@crossweave/core/authoring';
import { namedColumns } from './columns';
import { linesOfText } from './lines';
import type { RowReader } from './row-reader';
import { toRow, type ReadContext, type Row } from './record';
import { excerpt } from './excerpt';

/**
 * JSON lines: one object a line, `{"image": path, "caption": string | string[]}`, optionally
 * `id`, `split`, `label` (or `labels`), `group` and `negatives` (a list of `{"caption", "kind"}` for
 * each caption). Blank lines are passed over.
 */
export class JsonlReader implements RowReader {
  readonly #context: ReadContext;
  /** Those that the caller named and that no line had so far. */
  readonly #unseen: Set<string>;
  /** Fields of the first line. */
  #first: readonly string[] | undefined;
  /** 1-based line with which the next block begins. */
  #line = 1;

  constructor(context: ReadContext) {
    this.#context = context;
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
    const values = parseLine(content, line, this.#context.file);
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
    const repeated = repeatedKey(content, value);
    if (repeated === undefined) return new Map(Object.entries(value));
    return new DataError(`line ${line} has the field "${repeated.join('.')}" twice`, {
      ...details(),
      advice: 'Correct the line; several captions go into one list.',
    });
  }
  return new DataError(`line ${line} is not a JSON object`, {
    ...details(),
    advice: 'A list of records goes one record to a line.',
  });
}
