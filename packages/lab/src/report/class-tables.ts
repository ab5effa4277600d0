import type { TrialRecord } from '../ablation/trial-file';
import { mean } from '../statistics/moments';
import type { Table } from './tables';

/** Rows of each table; the rest is left out. */
const most = 20;

/** F1 of each class by arm, the mean over seeds; undefined where no trial has classes. */
export function classTable(trials: readonly TrialRecord[]): Table | undefined {
  const arms = armsOf(trials, 'classes');
  if (arms.length === 0) return undefined;
  const support = new Map<string, number>();
  for (const { outcome } of trials) {
    for (const row of outcome.classes ?? []) support.set(row.label, row.support);
  }
  const labels = [...support].sort(([, a], [, b]) => b - a).map(([label]) => label);
  return {
    head: ['Class', 'Pairs', ...arms],
    rows: labels.slice(0, most).map((label) => [
      label,
      String(support.get(label)!),
      ...arms.map((arm) => {
        const found = trials
          .filter((trial) => trial.arm === arm)
          .flatMap(({ outcome }) => outcome.classes?.find((row) => row.label === label)?.f1 ?? []);
        return found.length === 0 ? '–' : mean(found).toFixed(3);
      }),
    ]),
  };
}

/** How often a pair of one class was given another, by arm, over all seeds; the commonest first. */
export function mistakeTable(trials: readonly TrialRecord[]): Table | undefined {
  const arms = armsOf(trials, 'confusions');
  const counts = new Map<string, Map<string, number>>();
  for (const { arm, outcome } of trials) {
    for (const { label, predicted, count } of outcome.confusions ?? []) {
      const name = `${label} → ${predicted}`;
      const byArm = counts.get(name) ?? new Map<string, number>();
      byArm.set(arm, (byArm.get(arm) ?? 0) + count);
      counts.set(name, byArm);
    }
  }
  if (counts.size === 0) return undefined;
  const total = (byArm: ReadonlyMap<string, number>): number =>
    [...byArm.values()].reduce((all, count) => all + count, 0);
  const sorted = [...counts].sort(([, a], [, b]) => total(b) - total(a));
  return {
    head: ['Mistake (class → given)', ...arms],
    rows: sorted
      .slice(0, most)
      .map(([name, byArm]) => [name, ...arms.map((arm) => String(byArm.get(arm) ?? 0))]),
  };
}

/** The arms that have such rows, in the order of the trials. */
function armsOf(trials: readonly TrialRecord[], rows: 'classes' | 'confusions'): string[] {
  const having = trials.filter(({ outcome }) => (outcome[rows] ?? []).length > 0);
  return [...new Set(having.map(({ arm }) => arm))];
}
