import { DataError } from '@crossweave/core';
import { toRow, type ReadContext, type Row } from './record';

/**
 * JSON lines: one object a line, `{"image": path, "caption": string | string[]}`, optionally
 * `id`, `split` and `negatives` (a list of `{"caption", "kind"}` for each caption).
 * Empty lines are passed over.
 */
export function readJsonl(text: string, context: ReadContext): Row[] {
  const rows: Row[] = [];
  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    if (content.trim() !== '') rows.push(readLine(content, line, context));
  });
  return rows;
}

function readLine(content: string, line: number, context: ReadContext): Row {
  const where = `${context.file}:${line}`;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    const error = new DataError(`line ${line} is not JSON`, {
      where,
      expected: 'one JSON object, such as {"image": "images/1.jpg", "caption": "a red circle"}',
      got: excerpt(content),
      advice: 'Correct or remove the line; every line is a whole object of its own.',
      cause,
    });
    return { line, error };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const error = new DataError(`line ${line} is not a JSON object`, {
      where,
      expected: 'one JSON object, such as {"image": "images/1.jpg", "caption": "a red circle"}',
      got: excerpt(content),
      advice: 'A list of records goes one record to a line.',
    });
    return { line, error };
  }
  return toRow(value as Record<string, unknown>, line, context);
}

function excerpt(content: string): string {
  return content.length > 60 ? `${content.slice(0, 60)}…` : content;
}
