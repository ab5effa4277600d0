import { describe, expect, it } from 'vitest';
import type { TrialRecord } from '../ablation/trial-file';
import { classTable, mistakeTable } from './class-tables';
import { renderHtml, renderMarkdown } from './report';
import { sampleResults, sampleTrials } from './sample.testing';

const row = (label: string, support: number, f1: number) => ({
  ...{ label, support, f1 },
  ...{ precision: f1, recall: f1 },
});

/** Two arms under two seeds; the class `owl` is met in one trial alone. */
const trials = sampleTrials([1, 2])
  .filter(({ arm }) => arm !== 'early')
  .map((trial, i): TrialRecord => {
    const classes = [row('cat', 7, 0.5 + i / 10), row('<dog>', 9, 0.25)];
    return {
      ...trial,
      outcome: {
        ...trial.outcome,
        classes: i === 0 ? [...classes, row('owl', 1, 0)] : classes,
        confusions: [
          { label: 'cat', predicted: '<dog>', count: 1 },
          { label: '<dog>', predicted: 'cat', count: 3 + i },
        ],
      },
    };
  });

describe('tables of classes', () => {
  it('give the mean of each class over seeds, the commonest class first', () => {
    expect(classTable(trials)).toEqual({
      head: ['Class', 'Pairs', 'late', 'cross-attention'],
      rows: [
        ['<dog>', '9', '0.250', '0.250'],
        ['cat', '7', '0.600', '0.700'],
        ['owl', '1', '0.000', '–'],
      ],
    });
  });

  it('count mistakes over seeds, the commonest first', () => {
    expect(mistakeTable(trials)).toEqual({
      head: ['Mistake (class → given)', 'late', 'cross-attention'],
      rows: [
        ['<dog> → cat', '8', '10'],
        ['cat → <dog>', '2', '2'],
      ],
    });
  });

  it('stand in both reports, and in none without classes', () => {
    const options = { title: 'Pets', results: sampleResults() };
    const page = renderHtml({ ...options, trials });
    expect(page).toContain('&lt;dog&gt; → cat');
    expect(page).not.toContain('<dog>');
    expect(renderMarkdown({ ...options, trials })).toContain('## F1 of the commonest classes');
    const without = sampleTrials([1, 2]);
    expect([classTable(without), mistakeTable(without)]).toEqual([undefined, undefined]);
    expect(renderMarkdown({ ...options, trials: without })).not.toContain('F1 of');
  });
});
