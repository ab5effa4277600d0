import { fail, figures, interval, list, number, object, oneOf, text } from './json-checks';
import type { AblationResults } from './results';

/**
 * Checks that a parsed `results.json` has the schema's form.
 *
 * @throws FileFormatError naming the first entry that has not, by its path.
 */
export function validateResults(value: unknown, where = 'results.json'): AblationResults {
  const root = object(value, where);
  if (root['schema'] !== 2) {
    fail(
      `${where}.schema`,
      '2',
      root['schema'],
      root['schema'] === 1
        ? 'It was written by an earlier version, which measured otherwise. Run the ablation again.'
        : undefined,
    );
  }
  const seeds = list(root['seeds'], `${where}.seeds`, (seed, at) => number(seed, at));
  const arms = list(root['arms'], `${where}.arms`, (arm, at) => checkArm(arm, at, seeds));
  const baselines = list(root['baselines'], `${where}.baselines`, checkBaseline);
  list(root['comparisons'], `${where}.comparisons`, (entry, at) =>
    checkComparison(entry, at, arms, baselines),
  );
  if (root['chance'] !== undefined) figures(root['chance'], `${where}.chance`);
  const reasons = object(root['notShown'], `${where}.notShown`);
  for (const [metric, reason] of Object.entries(reasons)) {
    text(reason, `${where}.notShown.${metric}`);
  }
  if (root['data'] !== undefined) checkData(root['data'], `${where}.data`);
  list(root['notes'], `${where}.notes`, text);
  // Every field the type names has been checked above.
  return value as AblationResults;
}

function checkArm(value: unknown, at: string, seeds: readonly number[]): string {
  const arm = object(value, at);
  number(arm['params'], `${at}.params`);
  if (arm['flops'] !== undefined) number(arm['flops'], `${at}.flops`);
  const trials = list(arm['trials'], `${at}.trials`, (entry, path) => {
    const trial = object(entry, path);
    figures(trial['metrics'], `${path}.metrics`);
    number(trial['steps'], `${path}.steps`);
    number(trial['seconds'], `${path}.seconds`);
    return number(trial['seed'], `${path}.seed`);
  });
  if (trials.join() !== seeds.join()) fail(`${at}.trials`, `seeds ${seeds.join(', ')}`, trials);
  for (const [metric, entry] of Object.entries(object(arm['summary'], `${at}.summary`))) {
    const path = `${at}.summary.${metric}`;
    const summary = object(entry, path);
    number(summary['mean'], `${path}.mean`);
    checkUncertainty(summary, path);
    number(summary['n'], `${path}.n`);
  }
  return text(arm['name'], `${at}.name`);
}

function checkBaseline(value: unknown, at: string): string {
  const baseline = object(value, at);
  oneOf(baseline['kind'], `${at}.kind`, ['towers', 'floor']);
  figures(baseline['metrics'], `${at}.metrics`);
  const intervals = object(baseline['queryIntervals'], `${at}.queryIntervals`);
  for (const [metric, ends] of Object.entries(intervals)) {
    interval(ends, `${at}.queryIntervals.${metric}`);
  }
  return text(baseline['name'], `${at}.name`);
}

function checkComparison(
  value: unknown,
  at: string,
  arms: readonly string[],
  baselines: readonly string[],
): void {
  const comparison = object(value, at);
  oneOf(comparison['a'], `${at}.a`, arms);
  oneOf(comparison['b'], `${at}.b`, [...arms, ...baselines]);
  text(comparison['metric'], `${at}.metric`);
  number(comparison['difference'], `${at}.difference`);
  checkUncertainty(comparison, at);
  for (const p of ['p', 'pAdjusted']) {
    const level = comparison[p];
    if (level === null) continue;
    const found = number(level, `${at}.${p}`);
    if (found < 0 || found > 1) fail(`${at}.${p}`, 'a probability', level);
    if (comparison['ci95'] === null) fail(`${at}.${p}`, 'null where ci95 is', level);
  }
}

function checkUncertainty(value: Record<string, unknown>, at: string): void {
  const { ci95, over, queryInterval } = value;
  if (ci95 !== null) interval(ci95, `${at}.ci95`);
  if (ci95 === null && over !== null) fail(`${at}.over`, 'null where ci95 is', over);
  if (ci95 !== null) oneOf(over, `${at}.over`, ['seeds and queries', 'seeds']);
  if (queryInterval !== null) interval(queryInterval, `${at}.queryInterval`);
}

function checkData(value: unknown, at: string): void {
  const data = object(value, at);
  text(data['fingerprint'], `${at}.fingerprint`);
  if (data['test'] === undefined) return;
  const test = object(data['test'], `${at}.test`);
  for (const name of ['images', 'texts', 'sharedTexts']) number(test[name], `${at}.test.${name}`);
  if (test['mostShared'] !== undefined) {
    const most = object(test['mostShared'], `${at}.test.mostShared`);
    text(most['caption'], `${at}.test.mostShared.caption`);
    number(most['images'], `${at}.test.mostShared.images`);
  }
  const uncounted = object(test['uncounted'], `${at}.test.uncounted`);
  for (const way of ['i2t', 't2i']) number(uncounted[way], `${at}.test.uncounted.${way}`);
}
