import {
  anyOf,
  exactly,
  fields,
  having,
  oneOf,
  text,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import type { Columns } from './columns';
import type { LabelKind } from './labels';
import { templateCheck } from './template';

export type RecordFormat = 'jsonl' | 'csv' | 'tsv';

export interface ReadRowsOptions {
  /** Default: by the file's extension. */
  readonly format?: RecordFormat;
  readonly columns?: Columns;
  /**
   * Makes each row's caption of columns: `{title}. {description}`. Two braces stand for one that is
   * text. Without a column it is the caption of every row, for pictures that have labels alone. Not
   * together with `columns.caption`.
   */
  readonly text?: string;
  /**
   * How labels are understood. `class`: a class by its name; numbers are names too. `classes`: a
   * list, or in one text with `|` between them. `number`: a number, also where it is written as
   * text. Default: as they are written: text is a class, a JSON number a number, a list classes.
   */
  readonly labels?: LabelKind;
  /** The split of rows that name none, where the name of their file or folder names none. Default `train`. */
  readonly split?: string;
  /** One character between fields of CSV or TSV. Default: a comma, or a tab. */
  readonly delimiter?: string;
  /** One character around fields of CSV or TSV that hold delimiters; false for none. Default `"`. */
  readonly quote?: string | false;
  /** One character before a quote within a quoted field. Default: the quote itself, as in RFC 4180. */
  readonly escape?: string;
  /**
   * A label of the WHATWG Encoding Standard, such as `windows-1252` or `shift_jis`. Default: by the
   * file's byte order mark, else UTF-8.
   */
  readonly encoding?: string;
  /**
   * What becomes of a row that has no image or no caption (no such field, null, or empty text).
   * `refuse` (default): it is a damaged row. `allow`: it is a record with {@link PairRecord.missing},
   * for models that accept a missing side. A row that has neither is damaged in any case.
   */
  readonly incomplete?: 'refuse' | 'allow';
  /** Stops reading; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
}

const oneCharacter: Check = {
  expected: 'one character, such as ";"',
  accepts: (value) => typeof value === 'string' && /^[^\r\n]$/.test(value),
};

const oneMark: Check = {
  expected: 'one character that is no space',
  accepts: (value) => typeof value === 'string' && /^\S$/.test(value),
};

const encodingLabel: Check = {
  expected: 'the label of an encoding, such as "utf-8", "utf-16le", "windows-1252" or "shift_jis"',
  accepts: (value) => {
    if (typeof value !== 'string') return false;
    try {
      return new TextDecoder(value).encoding !== '';
    } catch {
      return false;
    }
  },
};

/** What the options that say how a captions file is read must be. */
export const readChecks: Checks<ReadRowsOptions> = {
  format: oneOf('jsonl', 'csv', 'tsv'),
  columns: fields({
    image: text(),
    caption: text(),
    id: text(),
    split: text(),
    label: text(),
    group: text(),
  }),
  text: templateCheck,
  labels: oneOf('class', 'classes', 'number'),
  split: text(),
  delimiter: oneCharacter,
  quote: anyOf(exactly(false), oneMark),
  escape: oneMark,
  encoding: encodingLabel,
  incomplete: oneOf('refuse', 'allow'),
  signal: having('an AbortSignal', 'throwIfAborted', 'addEventListener'),
};
