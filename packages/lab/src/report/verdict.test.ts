import { describe, expect, it } from 'vitest';
import { summarise, type AblationContext } from '../ablation/summarise';
import type { TrialRecord } from '../ablation/trial-file';
import { mean } from '../statistics/moments';
import { sampleContext, sampleResults } from './sample.testing';
import { referenceLines, verdict } from './verdict';

type Outcomes = Readonly<Record<string, readonly number[]>>;
const queries = 200;

/** `hits` of the queries, always the first ones, so that equal shares are equal outcomes. */
const hits = (share: number): number[] =>
  Array.from({ length: queries }, (_, q) => (q < share * queries ? 1 : 0));

/** Results of arms by their share of hits under each seed. */
function resultsOf(
  arms: Readonly<Record<string, readonly number[]>>,
  context: AblationContext = {},
  metric = 'matching.accuracy',
) {
  const seeds = Object.values(arms)[0]!.map((_, i) => i + 1);
  const trials = Object.entries(arms).flatMap(([arm, shares]) =>
    shares.map((share, i): TrialRecord => {
      const outcomes: Outcomes = { [metric]: hits(share) };
      const metrics = { [metric]: mean(outcomes[metric]!) };
      const outcome = { params: 1, steps: 1, seconds: 1, metrics, outcomes };
      return { schema: 1, arm, seed: seeds[i]!, config: '', outcome };
    }),
  );
  return summarise(Object.keys(arms), seeds, trials, context);
}

const towers = (share: number, metric = 'matching.accuracy'): AblationContext => ({
  baselines: [
    {
      ...{ name: 'towers alone', kind: 'towers' as const },
      ...{ metrics: { [metric]: share }, outcomes: { [metric]: hits(share) } },
    },
  ],
});

const told = (results: Parameters<typeof verdict>[0]): string =>
  verdict(results).join('\n').replaceAll('\u00a0', ' ');

describe('verdict', () => {
  it('names an arm first only where it differs from every other', () => {
    const text = told(resultsOf({ late: [0.5, 0.51, 0.5, 0.5], early: [0.9, 0.91, 0.9, 0.91] }));
    expect(text).toMatch(/^Matching accuracy: early comes first with 90\.5 % \[/);
    expect(text).toMatch(/It differs from late by \+40\.\d points \[2.*, 5.*\] \(p = 0\.00\d\)/);
    expect(text).toContain('choice of seeds (4)');
    expect(text).not.toContain('take five');
    expect(told(resultsOf({ late: [0.5, 0.51] }))).toContain('Two seeds tell little');
  });

  it.each([
    ['three arms of one figure', { a: [0.7, 0.7, 0.7], b: [0.7, 0.7, 0.7], c: [0.7, 0.7, 0.7] }],
    [
      'a lead within what seeds do',
      { a: [0.6, 0.8, 0.7], b: [0.8, 0.65, 0.75], c: [0.5, 0.8, 0.7] },
    ],
    ['two seeds with equal differences', { a: [0.7, 0.7], b: [0.74, 0.74], c: [0.7, 0.7] }],
  ])('does not say “first” of %s', (_name, arms) => {
    const text = told(resultsOf(arms));
    expect(text).not.toContain('comes first');
    expect(text).toContain('are not told apart.');
    for (const arm of ['a', 'b', 'c'])
      expect(text).toMatch(new RegExp(`\\b${arm} \\(7|${arm} \\(6`));
  });

  it('tells a clear last from those that are not told apart', () => {
    const seeds = [0.9, 0.91, 0.9, 0.91];
    const text = told(
      resultsOf({ late: [0.3, 0.31, 0.3, 0.3], early: seeds, cross: [...seeds].reverse() }),
    );
    expect(text).toMatch(/(early|cross) \(.*\) and (early|cross) \(.*\) are not told apart/);
    expect(text).toMatch(/(early|cross) differs from late by \+60\.\d points/);
  });

  it('says nothing of better or worse after one training each', () => {
    const text = told(resultsOf({ late: [0.5], early: [0.9] }, towers(0.6)));
    expect(text).toContain('early 90.0 % (test samples: ');
    expect(text).toContain('one training each does not tell which is better.');
    expect(text).toContain('Above them in this one training: early.');
    expect(text).toContain('what another seed would give is not known');
    expect(text).toContain('Over the towers alone (60.0 %): late −10.0 points (test samples: ');
    expect(text).not.toMatch(/p [=<]|comes first|clearly|\[/);
  });

  it.each([
    ['No arm is above them.', 0.95],
    ['No arm is clearly above them.', 0.9],
    ['Clearly above them: early.', 0.5],
  ])('says how arms stand to what they started from: %s', (said, share) => {
    const arms = { late: [0.3, 0.3, 0.31], early: [0.9, 0.91, 0.9] };
    const text = told(resultsOf(arms, towers(share)));
    expect(text).toMatch(
      /Over the towers alone \(.*\): late −\d\d\.\d points \[.*\] \(p .*\) and early [+−].* \(p .*\)\./,
    );
    expect(text).toContain(said);
    expect(text).toContain(share > 0.91 ? 'Below them: late and early.' : 'Below them: late.');
  });

  it('says so of every main metric, in the sample too', () => {
    const [matching, i2t, t2i] = verdict(sampleResults());
    expect(matching).toMatch(/^Matching accuracy: cross-attention comes first.*Over the towers/);
    expect(matching).toMatch(/Not clearly above (chance|image-blind|bag-of-words)/);
    for (const paragraph of [i2t!, t2i!]) {
      expect(paragraph).toMatch(/R@1: .* are not told apart.*No arm is above them\./);
      expect(paragraph).toMatch(/All arms are clearly above chance/);
    }
  });

  it('knows that a smaller rank is better', () => {
    const metric = 'meanRank';
    const text = told(
      resultsOf({ late: [0.5, 0.5, 0.51], early: [0.9, 0.9, 0.91] }, towers(0.6, metric), metric),
    );
    expect(text).toMatch(/meanRank: late comes first with 0\.50/);
    expect(text).toMatch(/Over the towers alone \(0\.600\): .*Clearly above them: late\./);
    expect(text).toContain('Below them: early.');
  });

  it('passes no verdict on what chance gives', () => {
    const results = resultsOf(
      { a: [1, 1], b: [0.9, 0.9] },
      { chance: { 'matching.accuracy': 0.97 } },
    );
    expect(verdict(results)).toEqual([expect.stringContaining('tells a good scorer from')]);
    expect(verdict({ ...results, arms: [] })).toEqual(['No arm has been measured.']);
  });

  it('knows chance and baselines of a metric', () => {
    const labels = (metric: string) =>
      referenceLines(sampleResults(), metric).map(({ label }) => label);
    expect(labels('matching.accuracy')).toEqual([
      'chance',
      ...sampleContext.baselines!.map(({ name }) => name),
    ]);
    expect(labels('other')).toEqual([]);
  });
});
