import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeScenes, run, tinyModel, writeTiny, type Ended } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let captions = '';
let config = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-ablations-'));
  captions = await makeScenes(join(folder, 'scenes'));
  config = join(folder, 'tiny.json');
  const { fusion, ...towers } = tinyModel;
  const training = { loss: { name: 'info-nce' }, steps: 2, batchSize: 4 };
  const late = { name: 'dual-encoder', options: { dim: 4 } };
  await writeFile(
    config,
    JSON.stringify({
      data: { captions, imageSize: 16, maxTokens: 20 },
      ...towers,
      towers: { ...training, fusion },
      arms: { late },
      fusion: { ...training, negatives: { upTo: 1 } },
      seeds: [1],
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function ablate(out: string, ...settings: string[]): Promise<Ended> {
  const changes = settings.flatMap((each) => ['--set', each]);
  const ofRun = ['--out', join(folder, out), '--engine', 'cpu', '--json'];
  return run('ablate', '--config', config, ...ofRun, ...changes);
}

it.each([
  ['an arm that does not exist', 'arms.late.name=dual-encodr', 'Did you mean "dual-encoder"?'],
  ['a loss that an arm cannot serve', 'fusion.loss.name=captioning', 'captioning'],
  ['more negatives than there are captions for', 'fusion.batchSize=500', 'batchSize'],
  ['a split that is not there', 'data.train=tran', 'Did you mean "train"?'],
])('leaves nothing after %s', async (_what, setting, message) => {
  const { code, stderr } = await ablate('nothing', setting);
  expect(code).not.toBe(exitCode.done);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('Reading pictures');
  expect(existsSync(join(folder, 'nothing'))).toBe(false);
});

it('keeps features from run to run, which data store measures and removes', async () => {
  const store = join(folder, 'features');
  const setting = `data.featureStore=${JSON.stringify(store)}`;
  for (const out of ['features-1', 'features-2']) {
    const { code, stderr } = await ablate(out, setting);
    expect(code, stderr).toBe(exitCode.done);
  }
  // Both towers, whose weights are the same in both runs.
  expect((await run('data', 'store', store)).stdout).toMatch(
    /the features of 2 encoders of 0\.\d MB/,
  );
  const pruned = await run('data', 'store', store, '--keep', '0', '--json');
  expect(JSON.parse(pruned.stdout)).toMatchObject({ removed: { encoders: 2 }, left: { bytes: 0 } });
});

it('takes no folder of a training run, and leaves its own to no training run', async () => {
  const out = join(folder, 'trained');
  const tiny = await writeTiny(join(folder, 'train.json'));
  const train = (to: string): Promise<Ended> =>
    run('train', '--config', tiny, '--captions', captions, '--out', to, '--engine', 'cpu');
  expect((await train(out)).code).toBe(exitCode.done);
  const record = await readFile(join(out, 'run.json'), 'utf8');
  const { code, stderr } = await ablate('trained');
  expect([code, stderr]).toEqual([exitCode.usage, expect.stringMatching(/holds a training run/)]);
  expect(await readFile(join(out, 'run.json'), 'utf8')).toBe(record);
  expect(existsSync(join(out, 'trials'))).toBe(false);
  expect((await ablate('compared')).code).toBe(exitCode.done);
  const refused = await train(join(folder, 'compared'));
  expect([refused.code, refused.stderr]).toEqual([
    exitCode.usage,
    expect.stringMatching(/holds an ablation/),
  ]);
  expect(existsSync(join(folder, 'compared', 'checkpoints'))).toBe(false);
});

it('grows by seeds and arms, keeps what is there, and refuses what would change it', async () => {
  const first = await ablate('grown');
  expect(first.code, first.stderr).toBe(exitCode.done);
  const arm = '{"name":"dual-encoder","options":{"dim":8}}';
  const grown = await ablate('grown', 'seeds=[1,2]', `arms.wide=${arm}`);
  expect(grown.code, grown.stderr).toBe(exitCode.done);
  expect(grown.stderr).toContain('Towers: already trained');
  expect(grown.stderr).toContain('late, seed 1: already done');
  const record = JSON.parse(await readFile(join(folder, 'grown', 'run.json'), 'utf8')) as object;
  expect(record).toMatchObject({ seeds: [1, 2], arms: { late: {}, wide: {} } });

  const refusals: [string, string | RegExp][] = [
    ['arms.late.options.dim=6', 'config.arms.late.options.dim: 4 → 6'],
    ['towers.steps=3', 'config.towers.steps: 2 → 3'],
    ['data.maxTokens=10', 'config.data.maxTokens: 20 → 10'],
  ];
  for (const [setting, message] of refusals) {
    const { code, stderr } = await ablate('grown', setting);
    expect([code, stderr]).toEqual([exitCode.usage, expect.stringContaining(String(message))]);
  }
  const other = join(folder, 'scenes', 'other.jsonl');
  await writeFile(other, (await readFile(captions, 'utf8')).replaceAll('left', 'LEFT SIDE'));
  const changed = await ablate('grown', `data.captions=${other}`);
  expect(changed.stderr).toMatch(/captions changed: fingerprint/);
  expect((await readdir(join(folder, 'grown'))).filter((name) => name.startsWith('.'))).toEqual([]);
});
