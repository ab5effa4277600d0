import { describe, expect, it } from 'vitest';
import type { TrialRecord } from '../ablation/trial-file';
import { mistakesOf } from './gallery';
import { renderHtml, renderMarkdown } from './report';
import { sampleResults, sampleTrials } from './sample.testing';

const picture = 'data:image/jpeg;base64,AAAA';
const mistake = {
  ...{ image: 'a.png', caption: 'what colour? <b>', label: 'red', predicted: 'blue' },
  ...{ probability: 0.984, floor: 'red' },
};

/** Trials of which those of seed 2 and 1 of the first arm, and of seed 3 of the second, have mistakes. */
function trials(): TrialRecord[] {
  const mistakes: Record<string, object[]> = {
    'late 1': [mistake, { ...mistake, image: 'unseen.png', floor: 'blue' }],
    'late 2': [{ ...mistake, predicted: 'green' }],
    'early 3': [mistake],
  };
  return sampleTrials().map((trial): TrialRecord => {
    const own = mistakes[`${trial.arm} ${trial.seed}`];
    if (own === undefined) return trial;
    return { ...trial, outcome: { ...trial.outcome, mistakes: own as [typeof mistake] } };
  });
}

describe('the mistakes that an arm is surest of', () => {
  const options = {
    ...{ title: 'Tasks', results: sampleResults(), trials: trials() },
    pictures: { 'a.png': picture },
  };

  it('are those of its first trial that has some', () => {
    expect(mistakesOf(trials().reverse()).map(({ arm, seed }) => [arm, seed])).toEqual(
      expect.arrayContaining([
        ['late', 1],
        ['early', 3],
      ]),
    );
    expect(mistakesOf(sampleTrials())).toEqual([]);
  });

  it('stand as cards with their pictures, the floor’s answer beside', () => {
    const page = renderHtml(options);
    expect(page.match(/<img src="data:image\/jpeg;base64,AAAA"/g)).toHaveLength(2);
    expect(page.match(/class="no-picture"/g)).toHaveLength(1);
    expect(page).toContain('what colour? &lt;b&gt;');
    expect(page).toMatch(/<dd class="wrong">blue <small>98 %<\/small><\/dd>/);
    expect(page).toMatch(/<dt>floor<\/dt>\s*<dd class="right">red<\/dd>/);
    expect(page).toMatch(/<dt>floor<\/dt>\s*<dd class="wrong">blue<\/dd>/);
    expect(page.match(/<details open>/g)).toHaveLength(1);
    expect(page).toContain("img-src data:; style-src 'unsafe-inline'");
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  it('stand in the text without pictures', () => {
    const text = renderMarkdown(options);
    expect(text).toContain('## Mistakes that late is surest of, seed 1');
    expect(text).toMatch(/\| a\\?\.png \| what colour\? .*\| red \| blue \| 0\.98 \| red \|/);
  });

  it('take nothing but data for pictures', () => {
    const pictures = { 'a.png': 'https://example.org/a.png' };
    expect(() => renderHtml({ ...options, pictures })).toThrow(/an image as a data URI/);
  });
});
