import { textTable, type TaskEvaluation } from '@crossweave/lab';

/** Lines of each table; the rest is counted. */
const most = 20;

/** The classes with their figures, and the commonest mistakes, as lines of text. */
export function classTable({ classes = [], confusions = [] }: TaskEvaluation): string[] {
  const share = (value: number): string => value.toFixed(3);
  const rest = (count: number, what: string): string[] =>
    count > most ? [`… and ${count - most} ${what} more.`] : [];
  const table =
    classes.length === 0
      ? []
      : [
          '',
          textTable([
            ['class', 'pairs', 'precision', 'recall', 'F1'],
            ...classes
              .slice(0, most)
              .map(({ label, support, precision, recall, f1 }) => [
                label,
                String(support),
                ...[precision, recall, f1].map(share),
              ]),
          ]),
          ...rest(classes.length, 'classes'),
        ];
  const mistakes =
    confusions.length === 0
      ? []
      : [
          '',
          textTable([
            ['commonest mistakes', 'given', 'pairs'],
            ...confusions
              .slice(0, most)
              .map(({ label, predicted, count }) => [label, predicted, String(count)]),
          ]),
          ...rest(confusions.length, 'kinds of mistakes'),
        ];
  return [...table, ...mistakes];
}
