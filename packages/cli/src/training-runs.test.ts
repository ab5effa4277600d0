import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainRecord } from '@crossweave/trainer';
import { readMetrics, readPlan } from '@crossweave/trainer/node';
import { fakeTracking } from '../../trainer/src/node/mlflow/tracking-server.testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeScenes, run, writeTiny, type Ended } from './cli.testing';
import { exitCode } from './main';
import { noteOf } from './run/note-of';

let folder = '';
let captions = '';
let config = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-training-'));
  captions = await makeScenes(join(folder, 'scenes'));
  config = await writeTiny(join(folder, 'tiny.json'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const train = (...more: string[]): Promise<Ended> =>
  run(...['train', '--config', config, '--captions', captions, '--engine', 'cpu', ...more]);

const set = (training: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(training).flatMap(([name, value]) => [
    '--set',
    `training.${name}=${JSON.stringify(value)}`,
  ]);

const stepsOf = (records: readonly TrainRecord[]): number[] =>
  records.flatMap(({ kind, step }) => (kind === 'step' ? [step] : []));

describe('--dry-run', () => {
  it('prints the plan and writes nothing', async () => {
    const before = await readdir(folder);
    const rates = set({ steps: 40, learningRate: { image: 1e-3, text: 2e-5 }, warmup: 4 });
    const { code, stdout, stderr } = await train(
      '--dry-run',
      '--set',
      'image.freeze=all',
      ...rates,
    );
    expect(code, stderr).toBe(exitCode.done);
    expect(stdout).toMatch(/40 steps of \d+ pairs by adamw/);
    expect(stdout).toMatch(/image +[\d,]+ +0 +never/);
    expect(stdout).toMatch(/text +([\d,]+) +\1 +1\n/);
    expect(stdout).toMatch(/rate at step +1 +4 +10 +20 +30 +36 +40/);
    expect(stdout).toMatch(/image +2\.5e-4 +1\.0e-3/);
    expect(stdout).toMatch(/schedule [▁▂▃▄▅▆▇█]{40}\n/);
    expect(stdout).toMatch(/time +not measured/);
    expect(await readdir(folder)).toEqual(before);
  });

  it('measures a few steps on request, and refuses to without it', async () => {
    const before = await readdir(folder);
    const { code, stdout, stderr } = await train('--dry-run', '--measure', ...set({ steps: 7000 }));
    expect(code, stderr).toBe(exitCode.done);
    expect(stdout).toMatch(/time +[\d.]+ s a step, .* for 7000: measured on black pictures;/);
    expect(stdout).toMatch(/peak +[\d.]+ MiB/);
    expect(await readdir(folder)).toEqual(before);
    const refused = await train('--measure', '--out', join(folder, 'none'));
    expect(refused.code).toBe(exitCode.usage);
    expect(refused.stderr).toContain('--measure belongs to --dry-run');
  });

  it('tells what the loss does not read', async () => {
    const asked = [...set({ negatives: 2 }), '--set', 'training.teacher.momentum=0.9'];
    const { stderr } = await train('--dry-run', ...asked);
    expect(stderr).toMatch(/training\.negatives \(2\) is not used: the loss info-nce/);
    expect(stderr).toMatch(/training\.teacher is not used: the loss info-nce/);
    const reads = await train(
      ...['--dry-run', ...set({ negatives: 2 })],
      ...['--set', 'training.loss.options={"negatives":true}'],
    );
    expect(reads.code, reads.stderr).toBe(exitCode.done);
    expect(reads.stderr).not.toContain('is not used');
  });

  it('tells which splits nothing reads', async () => {
    const { stderr } = await train('--dry-run', '--set', 'data.test=train');
    expect(stderr).toMatch(/The split "test" \(\d+ of the pictures\) is not used/);
    expect((await train('--dry-run')).stderr).not.toContain('is not used');
  });

  it('refuses to measure a split that is not there, and leaves nothing behind', async () => {
    const evaluate = set({ evaluate: { split: 'none', every: 1 } });
    for (const more of [['--dry-run'], ['--out', join(folder, 'none')]]) {
      const { code, stderr } = await train(...more, ...evaluate);
      expect(code).toBe(exitCode.failed);
      expect(stderr).toMatch(/no record belongs to the split "none"/);
    }
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('is one document with --json', async () => {
    const { stdout } = await train('--dry-run', '--json', ...set({ accumulate: 2, steps: 3 }));
    const plan = JSON.parse(stdout) as Record<string, unknown>;
    expect(plan).toMatchObject({ steps: 3, optimizer: 'adamw' });
    expect(plan['pairsPerStep']).toBe(2 * (plan['batchSize'] as number));
  });
});

it('trains by an optimizer, a schedule, averages and accumulation of the config', async () => {
  const out = join(folder, 'muon');
  const training = set({
    optimizer: { name: 'muon', options: { matrixRate: 0.01 } },
    schedule: { name: 'warmup-stable-decay', options: { decay: 2 } },
    average: { decay: 0.9 },
    accumulate: 2,
    steps: 4,
    learningRate: { '': 1e-3 },
  }).map((text) => text.replace('{"":0.001}', '{"image":0.001}'));
  const { code, stderr } = await train('--out', out, '--tensorboard', ...training);
  expect(code, stderr).toBe(exitCode.done);
  expect(await readdir(join(out, 'checkpoints'))).toContain('step-00000004.average.safetensors');
  expect((await readdir(out)).filter((name) => name.startsWith('events.out'))).toHaveLength(1);
  const records = await readMetrics(out);
  const last = records.filter((record) => record.kind === 'step').at(-1)!;
  expect(last.learningRates['matrices']).toBeLessThan(0.01);
  const shown = ['--representations', 'modality-gap,cka'];
  const measured = await run('eval', '--run', out, '--engine', 'cpu', '--json', ...shown);
  expect(measured.code, measured.stderr).toBe(exitCode.done);
  const all = (JSON.parse(measured.stdout) as { metrics: Record<string, number> }).metrics;
  const { 'representation.modalityGap': gap, 'representation.cka': cka, ...metrics } = all;
  expect([gap! > 0, gap! <= 2, cka! > 0, cka! <= 1]).toEqual([true, true, true, true]);
  const wrong = await run('eval', '--run', out, '--representations', 'cak');
  expect([wrong.code, wrong.stderr]).toEqual([exitCode.usage, expect.stringMatching(/"cka"/)]);
  const results = JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as {
    metrics: object;
  };
  expect(metrics).toEqual(results.metrics);
});

it('logs to an MLflow server, which is told how the run ended', async () => {
  const server = await fakeTracking();
  try {
    const out = join(folder, 'tracked');
    const tracked = ['--out', out, '--mlflow', server.url, '--experiment', 'pairs'];
    const { code, stderr } = await train(...tracked, ...set({ steps: 2 }));
    expect(code, stderr).toBe(exitCode.done);
    const { run0 } = server.runs;
    expect(server.experiments).toEqual(['pairs']);
    expect(run0).toMatchObject({ name: 'tracked', status: 'FINISHED' });
    expect(run0!.params).toMatchObject({ 'training.steps': '2', 'image.options.widths': '[4]' });
    const losses = run0!.metrics.flatMap(({ key, value }) => (key === 'loss' ? [value] : []));
    const records = await readMetrics(out);
    expect(losses).toEqual(records.flatMap((each) => (each.kind === 'step' ? [each.loss] : [])));

    const nan = set({ steps: 4, learningRate: { image: 1e30 }, clipNorm: 1e30 });
    const failed = await train('--out', join(folder, 'nan'), '--mlflow', server.url, ...nan);
    expect(failed.code).toBe(exitCode.failed);
    expect(server.runs['run1']!.status).toBe('FAILED');
  } finally {
    await server.close();
  }
});

it('refuses --experiment without --mlflow before it makes a folder', async () => {
  const out = join(folder, 'untracked');
  const { code, stderr } = await train('--out', out, '--experiment', 'pairs');
  expect([code, stderr]).toEqual([exitCode.usage, expect.stringMatching(/--mlflow URL/)]);
  await expect(readdir(out)).rejects.toThrow(/ENOENT/);
});

it('trains a finished run further with --extend alone', async () => {
  const out = join(folder, 'longer');
  const short = set({ steps: 2 });
  expect((await train('--out', out, ...short)).code).toBe(exitCode.done);
  const longer = await train('--out', out, ...short, '--extend', '4');
  expect(longer.code, longer.stderr).toBe(exitCode.done);
  expect(stepsOf(await readMetrics(out))).toEqual([1, 2, 3, 4]);
  expect(await readPlan(out)).toEqual({ steps: 4, extended: [{ from: 2, to: 4 }] });
  const again = await train('--out', out, ...short);
  expect(again.code).toBe(exitCode.usage);
  expect(again.stderr).toMatch(/steps: 4 → 2/);
  const fewer = await train('--out', out, ...short, '--extend', '1');
  expect(fewer.stderr).toMatch(/at least 2/);
});

it('goes on with the engine of the run, and says when another one was asked for', async () => {
  const out = join(folder, 'engine');
  const command = ['train', '--config', config, '--captions', captions, '--out', out];
  const first = await run(...command, '--engine', 'cpu', ...set({ steps: 1 }));
  expect(first.code, first.stderr).toBe(exitCode.done);
  const same = await run(...command, ...set({ steps: 1 }), '--extend', '2');
  expect(same.code, same.stderr).toBe(exitCode.done);
  expect(same.stderr).toContain('engine cpu: ');
  expect(same.stderr).not.toContain('round otherwise');
  const other = await run(...command, ...set({ steps: 1 }), '--extend', '3', '--engine', 'wasm');
  expect(other.stderr).toContain('The run computed on cpu in float32 before');
});

it('keeps the best state by a split that is not reported', async () => {
  const out = join(folder, 'best');
  const best = { metric: 'retrieval.i2t.r1', patience: 1 };
  const evaluate = { split: 'val', every: 1, best, representations: 'all' };
  const trained = await train('--out', out, ...set({ steps: 5, evaluate }));
  expect(trained.code, trained.stderr).toBe(exitCode.done);
  const results = JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as {
    best: { step: number; metric: string };
  };
  expect(results.best.metric).toBe(best.metric);
  const evaluations = (await readMetrics(out)).filter(({ kind }) => kind === 'evaluation');
  expect(evaluations.at(-1)).toHaveProperty(['metrics', 'representation.effectiveRank.text']);
  const measured = await run('eval', '--run', out, '--best', '--engine', 'cpu', '--json');
  expect(JSON.parse(measured.stdout)).toMatchObject({ step: results.best.step });
  const other = join(folder, 'test-split');
  const wrong = await train('--out', other, ...set({ evaluate: { ...evaluate, split: 'test' } }));
  expect(wrong.stderr).toMatch(/split that is reported.*validation split/s);
  expect(existsSync(other)).toBe(false);
});

it('says what was left out, and where it went back to', () => {
  const common = { step: 7, epoch: 0, ids: [] };
  expect(noteOf({ kind: 'skipped', tensor: 'loss', rateFactor: 0.5, ...common })).toBe(
    'Step 7 was left out: NaN or an infinity in the loss. All rates are now 0.5 times those of the plan.',
  );
  const leap = { loss: 90, expected: 2, bound: 3, to: 4 };
  expect(noteOf({ kind: 'rollback', ...leap, ...common })).toMatch(/back to the state of step 4/);
});
