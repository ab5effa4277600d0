import { confusionFigures, total } from './confusion';

/**
 * Cohen's κ with quadratic weights (Cohen, Psychological Bulletin 70, 1968): 1 − Σ w·O / Σ w·E with
 * w = (i − j)², the observed counts O and the counts E expected of the same row and column sums
 * without agreement. 1 for no error, 0 for chance, negative below it. As scikit-learn's
 * `cohen_kappa_score(weights='quadratic')` with `labels` of all ranks. Undefined where truth and
 * prediction are the same rank throughout, so that nothing is expected to differ.
 *
 * @param confusion [ranks][ranks] counts, row the true rank, column the predicted one.
 * @throws ConfigError for a matrix that is not square or has no sample, or entries that are no counts.
 */
export function quadraticKappa(confusion: readonly (readonly number[])[]): number | undefined {
  confusionFigures(confusion);
  const rows = confusion.map(total);
  const columns = confusion.map((_, j) => total(confusion.map((row) => row[j]!)));
  const weighted = (of: (i: number, j: number) => number): number =>
    total(rows.map((_, i) => total(columns.map((_column, j) => (i - j) ** 2 * of(i, j)))));
  const expected = weighted((i, j) => (rows[i]! * columns[j]!) / total(rows));
  return expected > 0 ? 1 - weighted((i, j) => confusion[i]![j]!) / expected : undefined;
}
