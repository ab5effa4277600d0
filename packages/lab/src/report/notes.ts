import type { AblationResults } from '../ablation/results';

/** How to read the figures, in the report's own words. */
export function notesOf({
  seeds,
  notShown,
  notes,
}: AblationResults): Record<'intervals' | 'chart' | 'comparisons' | 'baselines', string> {
  const brackets =
    seeds.length > 1
      ? 'Figures are means over seeds; square brackets are 95\u00a0% intervals over seeds and test samples.'
      : 'Figures are of one training each.';
  const hidden = Object.keys(notShown).length > 0;
  return {
    intervals: [
      brackets,
      'Ranges after “test samples” (95\u00a0%) hold for the models as they were trained, not for others of the same kind.',
      'Ties count half, constant scores give chance.',
      ...(hidden ? ['A share whose chance is above one half is not shown as a result.'] : []),
      ...notes,
    ].join(' '),
    chart:
      'Dot: mean; bar: 95\u00a0% interval, thin and dashed where it is over test samples alone; rings: single trials. ' +
      'Lines: dashed chance, dotted floors, solid the towers.',
    comparisons:
      'Paired by seed and test sample. Holm’s correction covers all pairs of arms within a metric.',
    baselines:
      'Paired by test sample. The towers alone are what every arm starts from and re-ranks; floors cannot see what is ' +
      'tested. Holm’s correction covers all arms against one of them within a metric.',
  };
}
