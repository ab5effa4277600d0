import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeScenes, run, writeTiny } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let captions = '';
let train: string[] = [];
const cpu = ['--engine', 'cpu'];

interface Results {
  readonly metrics: Record<string, number>;
  readonly atThresholds?: Record<string, number>;
  readonly calibration: {
    readonly temperature: number;
    readonly thresholds?: { readonly both: number[] };
    readonly withoutPositives?: string[];
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-thresholds-'));
  const scenes = await makeScenes(join(folder, 'scenes'));
  const lines = (await readFile(scenes, 'utf8')).trimEnd().split('\n');
  const labelled = lines.map((line, i) => {
    const { image, split } = JSON.parse(line) as Record<string, string>;
    // Only training pairs have the class "rare".
    const tags = [
      ...['a', 'b'].filter((_, k) => i % (k + 2) === 0),
      ...(split === 'train' && i % 3 === 0 ? ['rare'] : []),
    ];
    return JSON.stringify({ image, split, caption: `photo ${i % 7}`, tags });
  });
  captions = join(folder, 'scenes', 'tags.jsonl');
  await writeFile(captions, `${labelled.join('\n')}\n`);
  const config = await writeTiny(join(folder, 'tiny.json'));
  train = ['train', '--config', config, '--task', 'multi-label', '--captions', captions];
  train.push('--columns', 'label=tags', ...cpu);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('fits thresholds on the validation split, tells figures at them, and predicts by them', async () => {
  const out = join(folder, 'run');
  const trained = await run(...train, '--out', out, '--json');
  expect(trained.code, trained.stderr).toBe(exitCode.done);
  const { metrics, atThresholds, calibration } = JSON.parse(trained.stdout) as Results;
  const { both } = calibration.thresholds!;
  expect(both).toHaveLength(3);
  expect(both[2]).toBe(0.5);
  expect(calibration.withoutPositives).toEqual(['rare']);
  expect(Object.keys(atThresholds!).sort()).toEqual(
    ['exactMatch', 'f1Macro', 'f1Micro'].map((name) => `multi-label.${name}`),
  );
  expect(trained.stderr).toMatch(/value.*at fitted thresholds.*majority/);
  expect(trained.stderr).toMatch(
    /Thresholds of largest F1 on "val".*: a 0\.\d+, b 0\.\d+, rare 0\.500/,
  );
  expect(trained.stderr).toContain('No pair of "val" has rare');

  const measured = await run('eval', '--run', out, ...cpu, '--json');
  expect(measured.code, measured.stderr).toBe(exitCode.done);
  expect(JSON.parse(measured.stdout)).toMatchObject({ metrics, atThresholds });
  const fittedOn = await run('eval', '--run', out, '--split', 'val', ...cpu, '--json');
  expect(JSON.parse(fittedOn.stdout)).not.toHaveProperty('atThresholds');
  expect(fittedOn.stderr).toContain('they were fitted on "val" after step 2');

  const said = join(folder, 'said.jsonl');
  const predict = ['predict', '--run', out, '--captions', captions, '--out', said, ...cpu];
  const classesAt = async (thresholds: readonly number[]): Promise<void> => {
    for (const line of (await readFile(said, 'utf8')).trimEnd().split('\n')) {
      const { prediction, top } = JSON.parse(line) as {
        prediction: string[];
        top: { label: string; probability: number }[];
      };
      const names = ['a', 'b', 'rare'];
      const given = top.filter(
        ({ label, probability }) => probability > thresholds[names.indexOf(label)]!,
      );
      expect(prediction).toEqual(given.map(({ label }) => label).sort());
    }
  };
  const fitted = await run(...predict);
  expect(fitted.stderr).toContain('with --usual-threshold');
  await classesAt(both);
  const usual = await run(...predict, '--usual-threshold');
  expect(usual.code, usual.stderr).toBe(exitCode.done);
  await classesAt([0.5, 0.5, 0.5]);
});

it('fits none where it is told so', async () => {
  const out = join(folder, 'none');
  const off = ['--set', 'task.options.fitThresholds=none'];
  const trained = await run(...train, '--out', out, ...off, '--json');
  expect(trained.code, trained.stderr).toBe(exitCode.done);
  const results = JSON.parse(trained.stdout) as Results;
  expect(results).not.toHaveProperty('atThresholds');
  expect(Object.keys(results.calibration)).toEqual(['split', 'temperature']);
  const asked = ['predict', '--run', out, '--captions', captions, '--out', join(folder, 'x.jsonl')];
  const refused = await run(...asked, ...cpu, '--usual-threshold');
  expect(refused.code).toBe(exitCode.usage);
  expect(refused.stderr).toContain('--usual-threshold means nothing to this run');
});
