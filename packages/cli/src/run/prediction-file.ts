import { extname } from 'node:path';

/** What a model says of one pair. */
export interface PredictionLine {
  readonly id: string;
  /** '' where the text is missing. */
  readonly caption: string;
  /** The side that the pair lacks. */
  readonly missing?: 'image' | 'text';
  /** Null where the model is less sure than it must be. */
  readonly prediction: unknown;
  readonly probability?: number;
  readonly top?: readonly unknown[];
  readonly abstained?: true;
}

const columns = [
  ...(['id', 'caption', 'missing', 'prediction', 'probability', 'abstained', 'top'] as const),
];

/**
 * Predictions as the contents of a file: CSV with a header line where its name ends in `.csv`, else a
 * JSON line each. A cell of CSV that is neither text nor number (several classes, the most probable
 * ones) is JSON; one that is not there is empty.
 */
export function predictionText(lines: readonly PredictionLine[], file: string): string {
  const csv = extname(file).toLowerCase() === '.csv';
  const rows = csv
    ? [[...columns], ...lines.map((line) => columns.map((name) => cellOf(line[name])))]
    : [];
  const texts = csv
    ? rows.map((row) => row.map(quoted).join(','))
    : lines.map((line) => JSON.stringify(line));
  return texts.map((text) => `${text}\n`).join('');
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** RFC 4180: quotes where a comma, a quote or the end of a line is in the cell. */
function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
