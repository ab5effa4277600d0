import { CsvError, parse } from 'csv-parse/sync';
import { countLineEnds, nextLine } from './lines';

/** How a delimited text is written. */
export interface Dialect {
  /** One character between fields. */
  readonly delimiter: string;
  /** One character around fields that hold delimiters or line ends; false: there are no quotes. */
  readonly quote: string | false;
  /** One character before a quote that is text within a quoted field. RFC 4180: the quote itself. */
  readonly escape: string;
}

/** What is wrong with the quotes of a record. */
export interface QuoteDamage {
  /**
   * `unclosed`: the field never ends. `text-after-quote`: something other than a delimiter stands
   * after the closing quote. `swallowed`: the field holds whole records, so that its quotes belong
   * to two fields.
   */
  readonly kind: 'unclosed' | 'text-after-quote' | 'swallowed';
  /** 1-based line on which the quote opens. */
  readonly opens: number;
  /** Line on which the record would end; of `swallowed` alone. */
  readonly closes?: number;
}

/** One record of a delimited text. */
export interface DelimitedRecord {
  /** 1-based line on which it starts. */
  readonly line: number;
  /** How many lines it takes: more than one where a quoted field holds line ends. */
  readonly lines: number;
  /** As written, between its line ends. */
  readonly source: string;
  /** Empty where `damage` says that it could not be read. */
  readonly fields: readonly string[];
  readonly damage?: QuoteDamage;
}

/** Where reading stands. */
export interface Position {
  /** In bytes. */
  readonly offset: number;
  /** 1-based line of it. */
  readonly line: number;
}

export interface ReadRecordsOptions extends Dialect {
  /** No more records than this. */
  readonly most: number;
  /**
   * Where the text goes on after `source`, which ends with a line: a record whose quote does not
   * close is left for the next call as long as it has no more bytes than this. Default 0.
   */
  readonly openBytes?: number;
  /** Whether a line within a quoted field, naively split, is a record like the one it stands in. */
  readonly isRecord?:
    ((cells: readonly string[], fields: readonly string[]) => boolean) | undefined;
}

/** Thrown through csv-parse to stop it: reading goes on at another place. */
const stop = new Error('stop');

/**
 * The records of a delimited text (UTF-8) from a position on: at most `most`, fewer where a damaged
 * record interrupts them. Call it again from `next` until that is the end of the text.
 *
 * csv-parse reads; what is added is recovery. A record whose quotes are wrong is one damaged
 * record that ends with the line on which the quote opens, and reading goes on with the line after
 * it: so one stray quote costs one line. A quote within an unquoted field (an inch mark) is text.
 */
export function readRecords(
  source: Buffer,
  from: Position,
  options: ReadRecordsOptions,
): { records: DelimitedRecord[]; next: Position; open?: boolean } {
  const { delimiter, quote, escape, most, openBytes = 0 } = options;
  const collected = new CollectedRecords(source, from, delimiter);
  const onRecord = (fields: string[], { bytes }: { bytes: number }): null => {
    const end = from.offset + bytes;
    const swallowing = fields.findIndex((_, i) => swallows(fields, i, options));
    if (swallowing < 0) {
      collected.take(end, fields);
      return null;
    }
    collected.giveUp(
      collected.lineAfter(lineEndsIn(fields.slice(0, swallowing))),
      'swallowed',
      end,
    );
    throw stop;
  };
  try {
    parse(source.subarray(from.offset), {
      delimiter,
      quote,
      escape: quote === false ? null : escape,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      to: most,
      on_record: onRecord,
    });
    if (collected.records.length < most) collected.finish();
  } catch (error) {
    if (error !== stop && !(error instanceof CsvError)) throw error;
    if (error instanceof CsvError) {
      const left = source.length - collected.next.offset;
      if (left <= openBytes && error.code === 'CSV_QUOTE_NOT_CLOSED') {
        return { records: collected.records, next: collected.next, open: true };
      }
      const field = from.offset + Number(error['bytes'] ?? 0);
      const opening = Math.max(source.indexOf(String(quote), field), collected.next.offset);
      const kind = error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'unclosed' : 'text-after-quote';
      collected.giveUp(opening, kind);
    }
  }
  return { records: collected.records, next: collected.next };
}

/** Records with their lines, one after another. */
class CollectedRecords {
  readonly records: DelimitedRecord[] = [];
  /** Where the next record begins, or blank lines before it. */
  next: Position;
  readonly #source: Buffer;
  readonly #delimiter: string;

  constructor(source: Buffer, from: Position, delimiter: string) {
    this.#source = source;
    this.next = from;
    this.#delimiter = delimiter;
  }

  /** Adds the record that ends at an offset, its line end with it. */
  take(end: number, fields: readonly string[], damage?: QuoteDamage): void {
    const start = afterBlankLines(this.#source, this.next, this.#delimiter);
    const content = withoutLineEnd(this.#source, start.offset, end);
    const lines = countLineEnds(this.#source, start.offset, content) + 1;
    this.records.push({
      line: start.line,
      lines,
      source: this.#source.toString('utf8', start.offset, content),
      fields,
      ...(damage && { damage }),
    });
    this.next = { offset: end, line: start.line + lines };
  }

  /**
   * Adds a damaged record that ends with the line on which its quote opens.
   *
   * @param end where csv-parse sees the end of the record, if it sees one
   */
  giveUp(opening: number, kind: QuoteDamage['kind'], end?: number): void {
    const opens = this.next.line + countLineEnds(this.#source, this.next.offset, opening);
    const closes = end === undefined ? 0 : opens + countLineEnds(this.#source, opening, end - 1);
    const damage = { kind, opens, ...(end !== undefined && { closes }) };
    this.take(nextLine(this.#source, opening), [], damage);
  }

  /** The offset of a line of the next record, `lines` after the one on which it begins. */
  lineAfter(lines: number): number {
    let { offset } = afterBlankLines(this.#source, this.next, this.#delimiter);
    for (let passed = 0; passed < lines; passed++) offset = nextLine(this.#source, offset);
    return offset;
  }

  /** What is left are blank lines. */
  finish(): void {
    const { offset, line } = this.next;
    const end = this.#source.length;
    this.next = { offset: end, line: line + countLineEnds(this.#source, offset, end) };
  }
}

/** Whether a field holds a line that is a record of its own. */
function swallows(
  fields: readonly string[],
  i: number,
  { delimiter, isRecord }: ReadRecordsOptions,
): boolean {
  const field = fields[i] ?? '';
  if (isRecord === undefined || !/[\r\n]/.test(field)) return false;
  const [, ...lines] = field.split(lineEnd);
  return lines.some((line, at) => {
    // The last one goes on after the closing quote.
    const rest = at === lines.length - 1 ? fields.slice(i + 1) : [];
    return isRecord([...line.split(delimiter), ...rest], fields);
  });
}

const lineEnd = /\r\n|\n|\r/;

function lineEndsIn(fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + field.split(lineEnd).length - 1, 0);
}

/** csv-parse passes over empty lines, which to it are those with nothing that it would not trim. */
function afterBlankLines(source: Buffer, from: Position, delimiter: string): Position {
  let { offset, line } = from;
  while (offset < source.length) {
    const next = nextLine(source, offset);
    if (!isBlank(source, offset, next, delimiter)) break;
    offset = next;
    line++;
  }
  return { offset, line };
}

function isBlank(source: Buffer, from: number, to: number, delimiter: string): boolean {
  const first = source[from] ?? 0;
  if (first > 0x20 && first < 0x80) return false;
  const line = source.toString('utf8', from, to);
  return line.trim() === '' && !line.includes(delimiter);
}

function withoutLineEnd(source: Uint8Array, start: number, end: number): number {
  if (end > start && source[end - 1] === 0x0a) {
    return source[end - 2] === 0x0d && end - 2 >= start ? end - 2 : end - 1;
  }
  return end > start && source[end - 1] === 0x0d ? end - 1 : end;
}
