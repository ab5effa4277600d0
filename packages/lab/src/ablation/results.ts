import { FileFormatError } from '@crossweave/core';

/** A figure with a 95 % interval; without one (`null`) when a single value is all there is. */
export interface Summary {
  readonly mean: number;
  readonly ci95: readonly [number, number] | null;
  /** Trials. */
  readonly n: number;
}

export interface TrialResult {
  readonly seed: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly seconds: number;
}

export interface ArmResult {
  readonly name: string;
  /** Trained parameters. */
  readonly params: number;
  /** Operations of fusing one pair, in inference. */
  readonly flops?: number;
  readonly trials: readonly TrialResult[];
  readonly summary: Readonly<Record<string, Summary>>;
}

export interface ComparisonResult {
  readonly a: string;
  readonly b: string;
  readonly metric: string;
  /** Mean of a − b over seeds and queries. */
  readonly difference: number;
  readonly ci95: readonly [number, number] | null;
  /** Two-sided; null when a single pair of values is all there is. */
  readonly p: number | null;
  /** Holm's correction over all comparisons of the metric. */
  readonly pAdjusted: number | null;
}

/** `results.json` of an ablation. */
export interface AblationResults {
  readonly schema: 1;
  readonly seeds: readonly number[];
  readonly arms: readonly ArmResult[];
  readonly comparisons: readonly ComparisonResult[];
  /** Metrics of scorers that cannot see what is tested, by scorer. */
  readonly floors?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Metrics of scores that know nothing. */
  readonly chance?: Readonly<Record<string, number>>;
  /** Fingerprint of the data the trials were measured on. */
  readonly data?: string;
}

/**
 * Checks that a parsed `results.json` has the schema's form.
 *
 * @throws FileFormatError naming the first entry that has not, by its path.
 */
export function validateResults(value: unknown, where = 'results.json'): AblationResults {
  const root = object(value, where);
  if (root['schema'] !== 1) fail(`${where}.schema`, '1', root['schema']);
  const seeds = list(root['seeds'], `${where}.seeds`, (seed, at) => number(seed, at));
  const names = list(root['arms'], `${where}.arms`, (arm, at) => checkArm(arm, at, seeds));
  list(root['comparisons'], `${where}.comparisons`, (entry, at) => {
    const comparison = object(entry, at);
    for (const side of ['a', 'b'] as const) {
      const name = text(comparison[side], `${at}.${side}`);
      if (!names.includes(name)) fail(`${at}.${side}`, `one of ${names.join(', ')}`, name);
    }
    text(comparison['metric'], `${at}.metric`);
    number(comparison['difference'], `${at}.difference`);
    interval(comparison['ci95'], `${at}.ci95`);
    for (const p of ['p', 'pAdjusted']) {
      const level = comparison[p];
      if (level === null) continue;
      if (!(number(level, `${at}.${p}`) >= 0 && number(level, `${at}.${p}`) <= 1)) {
        fail(`${at}.${p}`, 'a probability', level);
      }
    }
  });
  if (root['chance'] !== undefined) figures(root['chance'], `${where}.chance`);
  if (root['floors'] !== undefined) {
    for (const [name, floor] of Object.entries(object(root['floors'], `${where}.floors`))) {
      figures(floor, `${where}.floors.${name}`);
    }
  }
  if (root['data'] !== undefined) text(root['data'], `${where}.data`);
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
    interval(summary['ci95'], `${path}.ci95`);
    number(summary['n'], `${path}.n`);
  }
  return text(arm['name'], `${at}.name`);
}

function fail(where: string, expected: string, got: unknown): never {
  throw new FileFormatError('the results have another form than the schema', {
    where,
    expected,
    got: got === undefined ? 'nothing' : got,
  });
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  return fail(where, 'an object', value);
}

function list<T>(value: unknown, where: string, each: (entry: unknown, at: string) => T): T[] {
  if (!Array.isArray(value)) return fail(where, 'a list', value);
  return value.map((entry: unknown, i) => each(entry, `${where}[${i}]`));
}

function number(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : fail(where, 'a number', value);
}

function text(value: unknown, where: string): string {
  return typeof value === 'string' ? value : fail(where, 'a string', value);
}

function interval(value: unknown, where: string): void {
  if (value === null) return;
  const ends = list(value, where, number);
  if (ends.length !== 2 || !(ends[0]! <= ends[1]!)) fail(where, '[low, high] or null', value);
}

function figures(value: unknown, where: string): void {
  for (const [name, figure] of Object.entries(object(value, where)))
    number(figure, `${where}.${name}`);
}
