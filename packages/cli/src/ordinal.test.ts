import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeScenes, run, tinyModel, writeTiny } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let config = '';
const cpu = ['--engine', 'cpu'];
const order = ['poor', 'fair', 'good'];
const ordered = ['--set', `task.options.order=${JSON.stringify(order)}`];

/** The scenes with a grade each: `gradeOf` of the row and its split. */
async function write(
  name: string,
  gradeOf: (row: number, split: string) => unknown,
): Promise<string> {
  const scenes = (await readFile(join(folder, 'scenes', 'captions.jsonl'), 'utf8')).trimEnd();
  const lines = scenes.split('\n').map((line, row) => {
    const { image, split } = JSON.parse(line) as Record<string, string>;
    return JSON.stringify({
      image,
      split,
      caption: `view ${row % 7}`,
      grade: gradeOf(row, split!),
    });
  });
  const file = join(folder, 'scenes', name);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

const train = (captions: string, ...more: string[]): string[] => {
  const data = ['--captions', captions, '--columns', 'label=grade', ...cpu];
  return ['train', '--config', config, '--task', 'ordinal', ...data, ...more];
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-ordinal-'));
  await makeScenes(join(folder, 'scenes'));
  config = await writeTiny(join(folder, 'tiny.json'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('trains, measures and predicts ordered classes', async () => {
  const captions = await write('graded.jsonl', (row) => order[row % 3]);
  const out = join(folder, 'run');
  const trained = await run(...train(captions, ...ordered, '--out', out, '--json'));
  expect(trained.code, trained.stderr).toBe(exitCode.done);
  const { metrics, floors, calibration } = JSON.parse(trained.stdout) as Record<string, object>;
  const names = ['mae', 'accuracy', 'logLoss'].map((name) => `ordinal.${name}`);
  expect(Object.keys(metrics!)).toEqual(expect.arrayContaining(names));
  expect(Object.keys(floors!)).toContain('no-interaction');
  expect(calibration).toMatchObject({ split: 'val' });

  const measured = await run('eval', '--run', out, ...cpu, '--json');
  expect(measured.code, measured.stderr).toBe(exitCode.done);
  expect(JSON.parse(measured.stdout)).toMatchObject({ metrics });

  const said = join(folder, 'said.jsonl');
  const predicted = await run(
    ...['predict', '--run', out, '--captions', captions, '--out', said, ...cpu],
  );
  expect(predicted.code, predicted.stderr).toBe(exitCode.done);
  for (const line of (await readFile(said, 'utf8')).trimEnd().split('\n')) {
    const { prediction, probability, top } = JSON.parse(line) as {
      prediction: string;
      probability: number;
      top: { label: string; probability: number }[];
    };
    expect(top.map(({ label }) => label).sort()).toEqual([...order].sort());
    expect(top).toContainEqual({ label: prediction, probability });
  }
});

it('takes numbers, counts a rank of the test split alone, and says it', async () => {
  const captions = await write('stars.jsonl', (row, split) =>
    split === 'test' ? 3 : 1 + 3 * (row % 2),
  );
  const out = join(folder, 'stars');
  const trained = await run(...train(captions, '--out', out, '--json'));
  expect(trained.code, trained.stderr).toBe(exitCode.done);
  const results = JSON.parse(trained.stdout) as {
    metrics: Record<string, number>;
    measuredOn: { pairs: number; unknownLabels: number };
  };
  expect(results.measuredOn.unknownLabels).toBe(results.measuredOn.pairs);
  expect(results.metrics['ordinal.accuracy']).toBe(0);
  // 1 and 4 are both one rank from 3 on the scale 1, 3, 4.
  expect(results.metrics['ordinal.mae']).toBe(1);
});

it('refuses labels outside the order, and one rank alone', async () => {
  const other = await write('other.jsonl', (row) => (row === 0 ? 'great' : order[row % 3]));
  const out = ['--out', join(folder, 'no'), '--dry-run'];
  const refused = await run(...train(other, ...ordered, ...out));
  expect(refused.code).not.toBe(exitCode.done);
  expect(refused.stderr).toMatch(/one of poor, fair, good; got "great"/);
  const one = await run(...train(await write('one.jsonl', () => 'fair'), ...ordered, ...out));
  expect(one.stderr).toContain('all labels are of one rank');
  const names = await run(...train(await write('names.jsonl', (row) => order[row % 3]), ...out));
  expect(names.code).not.toBe(exitCode.done);
  expect(names.stderr).toMatch(/a whole number; got "poor".*name them from the lowest on/);
});

it('is compared over fusions', async () => {
  const captions = await write('compared.jsonl', (row) => 1 + (row % 3));
  const file = join(folder, 'ablation.json');
  const phase = { loss: { name: 'info-nce' }, steps: 2, batchSize: 4 };
  await writeFile(
    file,
    JSON.stringify({
      data: { captions, imageSize: 16, maxTokens: 20, columns: { label: 'grade' } },
      image: tinyModel.image,
      text: tinyModel.text,
      towers: { ...phase, fusion: tinyModel.fusion },
      arms: { late: tinyModel.fusion },
      fusion: phase,
      seeds: [1],
    }),
  );
  const out = join(folder, 'ablation');
  const ended = await run('ablate', '--config', file, '--task', 'ordinal', '--out', out, ...cpu);
  expect(ended.code, ended.stderr).toBe(exitCode.done);
  expect(ended.stdout + ended.stderr).toMatch(/error in ranks/);
  const report = await readFile(join(out, 'report.md'), 'utf8');
  expect(report).toContain('Ordinal, mean absolute error');
});
