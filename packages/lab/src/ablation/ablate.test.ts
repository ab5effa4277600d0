import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, NonFiniteError, foldIn, key, normalArray } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ablate, type AblateOptions, type Trial } from './ablate';
import { validateResults } from './results';
import { configHash, type TrialOutcome } from './trial-file';

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
    const end = await ablate(options(ran, { context: { chance: { accuracy: 0.5 }, data: 'abc' } }));
    expect(ran).toEqual(six);
    const results = validateResults(JSON.parse(await readFile(join(out, 'results.json'), 'utf8')));
    expect(end).toMatchObject({ interrupted: false, results });
    expect(results).toMatchObject({ schema: 1, seeds: [0, 1], data: 'abc' });
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
    expect(accuracy[1]!.pAdjusted).toBeLessThan(0.05);
    expect(accuracy[1]!.ci95![1]).toBeLessThan(-0.3);
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
    await writeFile(join(out, 'trials', 'late-seed1.json'), '{"schema":1,"arm"');
    await ablate(options(ran, { arms }));
    expect(ran).toEqual(['cross-attention 0', 'late 1', 'cross-attention 1']);
    const again: string[] = [];
    await ablate(options(again, { arms, shared: { recipe: 2 } }));
    expect(again).toEqual(six);
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

  it('gives no interval where one value is all there is', async () => {
    const one = options([], { seeds: [4] });
    const runTrial = async (trial: Trial<Config>) => ({
      ...(await one.runTrial(trial)),
      outcomes: {},
    });
    const end = await ablate({ ...one, runTrial });
    if (end.interrupted) throw new Error('must finish');
    expect(end.results.arms[0]!.summary['accuracy']!.ci95).toBeNull();
    expect(end.results.comparisons[0]).toMatchObject({ ci95: null, p: null, pAdjusted: null });
  });

  it('refuses plans that cannot run, and metrics that are no numbers', async () => {
    await expect(ablate(options([], { arms: [] }))).rejects.toThrow(ConfigError);
    await expect(ablate(options([], { seeds: [1, 1] }))).rejects.toThrow(/seed 1 is there twice/);
    await expect(ablate(options([], { seeds: [0.5] }))).rejects.toThrow(ConfigError);
    const bad = [{ name: '../x', config: { lift: 0 } }];
    await expect(ablate(options([], { arms: bad }))).rejects.toThrow(/file name/);
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
});
