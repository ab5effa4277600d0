import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError, NonFiniteError, foldIn, key, normalArray } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ablate, type AblateOptions, type AblationProgress, type Trial } from './ablate';
import { configHash, type TrialOutcome } from './trial-file';
import { validateResults } from './validate-results';

let out = '';
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'crossweave-ablation-'));
});
afterEach(() => rm(out, { recursive: true }));

interface Config {
  readonly lift: number;
}

/** Accuracy over 50 queries: shared noise of the seed, plus the arm's lift. */
function outcomeOf({ arm, seed }: Trial<Config>): TrialOutcome {
  const noise = normalArray(foldIn(key(1), seed), 50);
  const own = normalArray(foldIn(foldIn(key(1), arm.name), seed), 50);
  const outcomes = [...noise].map((value, q) => value + 0.1 * own[q]! + arm.config.lift);
  const accuracy = outcomes.reduce((a, b) => a + b) / 50;
  return {
    params: 10,
    steps: 5,
    seconds: 1,
    metrics: { accuracy, loss: seed },
    outcomes: { accuracy: outcomes },
    curves: { loss: [[1, 2]] },
  };
}

function options(ran: string[], extra: Partial<AblateOptions<Config>> = {}): AblateOptions<Config> {
  return {
    arms: [
      { name: 'late', config: { lift: 0 } },
      { name: 'early', config: { lift: 0 } },
      { name: 'cross-attention', config: { lift: 0.5 } },
    ],
    seeds: [0, 1],
    out,
    runTrial(trial) {
      ran.push(`${trial.arm.name} ${trial.seed}`);
      return Promise.resolve(outcomeOf(trial));
    },
    ...extra,
  };
}

const six = ['late 0', 'early 0', 'cross-attention 0', 'late 1', 'early 1', 'cross-attention 1'];

describe('ablate', () => {
  it('runs seed by seed and writes results of the schema', async () => {
    const ran: string[] = [];
    const end = await ablate(
      options(ran, {
        context: { chance: { accuracy: 0.5 }, data: { fingerprint: 'abc' }, notes: ['a word'] },
      }),
    );
    expect(ran).toEqual(six);
    const results = validateResults(JSON.parse(await readFile(join(out, 'results.json'), 'utf8')));
    expect(end).toMatchObject({ interrupted: false, results });
    expect(results).toMatchObject({
      ...{ schema: 2, seeds: [0, 1], baselines: [], notShown: {} },
      ...{ data: { fingerprint: 'abc' }, notes: ['a word'] },
    });
    const [late, , cross] = results.arms;
    expect(late!.trials.map(({ seed }) => seed)).toEqual([0, 1]);
    expect(late!.trials[0]).not.toHaveProperty('outcomes');
    const summary = cross!.summary['accuracy']!;
    expect(summary.n).toBe(2);
    expect(summary.mean).toBeCloseTo(
      (cross!.trials[0]!.metrics['accuracy']! + cross!.trials[1]!.metrics['accuracy']!) / 2,
      12,
    );
    expect(summary.ci95![0]).toBeLessThan(summary.mean);

    const accuracy = results.comparisons.filter(({ metric }) => metric === 'accuracy');
    expect(accuracy.map(({ a, b }) => `${a} - ${b}`)).toEqual([
      'late - early',
      'late - cross-attention',
      'early - cross-attention',
    ]);
    expect(accuracy[0]!.p).toBeGreaterThan(0.05);
    expect(accuracy[1]!.difference).toBeCloseTo(late!.summary['accuracy']!.mean - summary.mean, 12);
    // Pairing removes the noise the arms share: the lift of 0.5 is found among noise of 1.
    expect(accuracy[1]).toMatchObject({ over: 'seeds and queries' });
    expect(accuracy[1]!.queryInterval![1]).toBeLessThan(-0.45);
    expect(accuracy[1]!.ci95![1]).toBeLessThan(-0.25);
    for (const { p, pAdjusted } of accuracy) expect(pAdjusted).toBeGreaterThanOrEqual(p!);
  });

  it('goes on after a crash without repeating what is finished', async () => {
    const first: string[] = [];
    const crash = options(first);
    const runTrial = (trial: Trial<Config>) =>
      first.length === 3 ? Promise.reject(new Error('power cut')) : crash.runTrial(trial);
    await expect(ablate({ ...crash, runTrial })).rejects.toThrow('power cut');
    // What a kill can leave behind: a temporary file, a folder of a trial begun.
    await writeFile(join(out, 'trials', '.late-seed1.json.1234.tmp'), '{"sch');
    const second: string[] = [];
    const kinds: string[] = [];
    const onProgress = ({ kind, done, total }: { kind: string; done: number; total: number }) =>
      kinds.push(`${kind} ${done}/${total}`);
    const resumed = await ablate(options(second, { onProgress }));
    expect(first).toEqual(six.slice(0, 3));
    expect(second).toEqual(six.slice(3));
    expect(kinds.slice(0, 5)).toEqual([
      'reused 1/6',
      'reused 2/6',
      'reused 3/6',
      'started 3/6',
      'finished 4/6',
    ]);
    await rm(join(out, 'trials'), { recursive: true });
    expect(await ablate(options([]))).toEqual(resumed);
  });

  it('repeats trials whose configuration changed, and damaged files', async () => {
    await ablate(options([]));
    const ran: string[] = [];
    const arms = [
      ...options([]).arms.slice(0, 2),
      { name: 'cross-attention', config: { lift: 1 } },
    ];
    const file = join(out, 'trials', 'late-seed1.json');
    const whole = await readFile(file, 'utf8');
    await writeFile(file, '{"schema":1,"arm"');
    const discarded: string[] = [];
    const onProgress = ({ kind, arm, seed, reason }: AblationProgress) => {
      if (kind === 'discarded') discarded.push(`${arm} ${seed}: ${reason!}`);
    };
    await ablate(options(ran, { arms, onProgress }));
    expect(discarded).toHaveLength(1);
    expect(discarded[0]).toMatch(/^late 1: .*JSON/);
    expect(ran).toEqual(['cross-attention 0', 'late 1', 'cross-attention 1']);
    for (const damage of [
      whole.replace(/"accuracy":\[[^\]]*\]/, '"accuracy":["x"]'),
      whole.replace('"steps":5', '"steps":"5"'),
      whole.replace(/"metrics":\{/, '"metrics":[{'),
      '['.repeat(100_000),
      '',
    ]) {
      await writeFile(file, damage);
      const redone: string[] = [];
      await ablate(options(redone, { arms }));
      expect(redone).toEqual(['late 1']);
    }
    const again: string[] = [];
    await ablate(options(again, { arms, shared: { recipe: 2 } }));
    expect(again).toEqual(six);
  });

  it('says what to do where a trial cannot be read', async () => {
    await mkdir(join(out, 'trials', 'late-seed0.json'), { recursive: true });
    await expect(ablate(options([]))).rejects.toThrow(/late-seed0\.json.*cannot be read.*again/);
  });

  it('ends when aborted; the trial under way is not kept', async () => {
    const abort = new AbortController();
    const ran: string[] = [];
    const base = options(ran, { signal: abort.signal });
    const end = await ablate({
      ...base,
      runTrial(trial) {
        if (ran.length === 1) abort.abort();
        return base.runTrial(trial);
      },
    });
    expect(end).toMatchObject({ interrupted: true, trials: [{ arm: 'late', seed: 0 }] });
    expect((await readdir(join(out, 'trials'))).filter((name) => name.endsWith('.json'))).toEqual([
      'late-seed0.json',
    ]);
    expect(await readdir(out)).not.toContain('results.json');
    const rest: string[] = [];
    await ablate(options(rest));
    expect(rest).toEqual(six.slice(1));
  });

  it('claims nothing of other seeds where there is one', async () => {
    const end = await ablate(options([], { seeds: [4] }));
    if (end.interrupted) throw new Error('must finish');
    const { arms, comparisons } = end.results;
    expect(arms[0]!.summary['accuracy']).toMatchObject({ ci95: null, over: null });
    expect(arms[0]!.summary['accuracy']!.queryInterval).not.toBeNull();
    expect(comparisons[0]).toMatchObject({ ci95: null, over: null, p: null, pAdjusted: null });
    expect(comparisons[1]!.queryInterval![1]).toBeLessThan(-0.3);
  });

  it('gives no interval where figures are all there is and they are equal', async () => {
    const base = options([]);
    const runTrial = async (trial: Trial<Config>) => ({
      ...(await base.runTrial(trial)),
      metrics: { 'matching.accuracy': 0.712 + trial.arm.config.lift / 10 },
      outcomes: {},
    });
    const end = await ablate({ ...base, runTrial });
    if (end.interrupted) throw new Error('must finish');
    const none = { ci95: null, over: null, queryInterval: null };
    expect(end.results.arms[0]!.summary['matching.accuracy']).toMatchObject(none);
    expect(end.results.comparisons[1]).toMatchObject({ ...none, p: null, pAdjusted: null });
  });

  it('compares every arm with every baseline, and not what says little', async () => {
    const base = options([], { seeds: [0, 1, 2] });
    const { outcomes } = outcomeOf({ ...({} as Trial<Config>), arm: base.arms[0]!, seed: 9 });
    const baselines = (['towers alone', 'bag'] as const).map((name, i) => ({
      name,
      kind: i === 0 ? ('towers' as const) : ('floor' as const),
      metrics: { accuracy: outcomes!['accuracy']!.reduce((a, b) => a + b) / 50, other: 1 },
      outcomes: outcomes!,
    }));
    const chance = { accuracy: 0.4, loss: 7 };
    const end = await ablate({ ...base, context: { baselines, chance } });
    if (end.interrupted) throw new Error('must finish');
    const { results } = end;
    expect(results.baselines.map(({ name, kind }) => [name, kind])).toEqual([
      ['towers alone', 'towers'],
      ['bag', 'floor'],
    ]);
    const [low, high] = results.baselines[0]!.queryIntervals['accuracy']!;
    expect(low).toBeLessThan(results.baselines[0]!.metrics['accuracy']!);
    expect(high).toBeGreaterThan(results.baselines[0]!.metrics['accuracy']!);
    const over = results.comparisons.filter(({ b }) => b === 'towers alone');
    expect(over.map(({ a, metric }) => `${a} ${metric}`)).toEqual([
      'late accuracy',
      'early accuracy',
      'cross-attention accuracy',
    ]);
    const summary = results.arms[2]!.summary['accuracy']!;
    expect(over[2]!.difference).toBeCloseTo(
      summary.mean - results.baselines[0]!.metrics['accuracy']!,
      12,
    );
    // A family of its own: three arms against one baseline.
    const smallest = Math.min(...over.map(({ p }) => p!));
    expect(over.find(({ p }) => p === smallest)!.pAdjusted).toBeCloseTo(
      Math.min(1, 3 * smallest),
      12,
    );
    const hidden = await ablate({ ...base, context: { baselines, chance: { accuracy: 0.9 } } });
    if (hidden.interrupted) throw new Error('must finish');
    expect(hidden.results.notShown).toEqual({ accuracy: 'chance is 0.900' });
    expect(new Set(hidden.results.comparisons.map(({ metric }) => metric))).toEqual(
      new Set(['loss']),
    );
  });

  it('refuses plans that cannot run, and metrics that are no numbers', async () => {
    await expect(ablate(options([], { arms: [] }))).rejects.toThrow(ConfigError);
    await expect(ablate(options([], { seeds: [1, 1] }))).rejects.toThrow(/"seeds".*none twice/);
    await expect(ablate(options([], { seeds: [0.5] }))).rejects.toThrow(ConfigError);
    await expect(ablate(options([], { shared: { rate: NaN } }))).rejects.toThrow(/"shared"/);
    const twice = [...options([]).arms, { name: 'late', config: { lift: 1 } }];
    await expect(ablate(options([], { arms: twice }))).rejects.toThrow(/"late".*twice/);
    const baseline = { name: 'early', kind: 'floor' as const, metrics: {}, outcomes: {} };
    const context = { baselines: [baseline] };
    await expect(ablate(options([], { context }))).rejects.toThrow(/"early".*twice/);
    await writeFile(join(out, 'file'), '');
    await expect(ablate(options([], { out: join(out, 'file') }))).rejects.toThrow(DataError);
    const bad = [{ name: '../x', config: { lift: 0 } }];
    await expect(ablate(options([], { arms: bad }))).rejects.toThrow(/a name of letters/);
    const base = options([]);
    const nan = async (trial: Trial<Config>) => ({
      ...(await base.runTrial(trial)),
      metrics: { accuracy: Number.NaN },
    });
    await expect(ablate({ ...base, runTrial: nan })).rejects.toThrow(NonFiniteError);
  });
});

describe('configHash', () => {
  it('does not depend on the order of keys, but on every value', () => {
    const hash = configHash({ a: 1, b: { c: [1, 2], d: null } });
    expect(configHash({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(hash);
    expect(configHash({ a: 1, b: { c: [2, 1], d: null } })).not.toBe(hash);
    expect(configHash({ a: 0, b: { c: [1, 2], d: null } })).not.toBe(hash);
  });

  it('refuses what it would pass over', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const values = [() => 1, new Map([[1, 2]]), new Set([1]), Number.NaN, Infinity, 1n, circular];
    for (const value of [...values, Symbol('a')]) {
      expect(() => configHash({ value })).toThrow(ConfigError);
    }
    expect(configHash({ value: undefined })).toBe(configHash({}));
  });
});

const runnable = { arms: [{ name: 'a', config: {} }], seeds: [1], out: '/', runTrial: () => 0 };
testOptions(
  'ablate',
  ablate,
  { describe, it },
  { required: runnable, anyText: ['out'], anyValue: ['shared'] },
);
