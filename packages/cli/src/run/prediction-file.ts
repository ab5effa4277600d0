import { extname } from 'node:path';
import type { PairPrediction } from '@crossweave/lab';

/** A prediction as a line of the file has it. */
interface PredictionLine extends Omit<PairPrediction, 'label' | 'abstained'> {
  /** Null where the model is less sure than it must be. */
  readonly prediction: PairPrediction['label'];
  readonly abstained?: true;
}

function lineOf({
  id,
  caption,
  missing,
  label,
  abstained,
  ...sure
}: PairPrediction): PredictionLine {
  return {
    ...{ id, caption },
    ...(missing !== undefined && { missing }),
    prediction: label,
    ...sure,
    ...(abstained && { abstained }),
  };
}

const columns = [
  ...(['id', 'caption', 'missing', 'prediction', 'probability', 'abstained', 'top'] as const),
];

/**
 * Predictions as the contents of a file: CSV with a header line where its name ends in `.csv`, else a
 * JSON line each. A cell of CSV that is neither text nor number (several classes, the most probable
 * ones) is JSON; one that is not there is empty.
 */
export function predictionText(predictions: readonly PairPrediction[], file: string): string {
  const lines = predictions.map(lineOf);
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
