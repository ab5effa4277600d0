import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { figuresOf, fixture, makeScenes, run, type Ended } from './cli.testing';

let folder = '';
let captions = '';
beforeAll(async () => {
  await setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  captions = await makeScenes(join(folder, 'scenes'));
});
afterAll(() => rm(folder, { recursive: true }));

const arm = { name: 'concat-mlp', options: { hidden: [8] } };

function ablate(out: string, model: string, ...more: string[]): Promise<Ended> {
  const short = ['towers.batchSize=4', 'fusion.batchSize=4', 'fusion.steps=2', 'seeds=[1]'];
  return run(
    ...['ablate', '--preset', 'on-checkpoint', '--model', model, '--captions', captions],
    ...['--out', join(folder, out), '--engine', 'cpu'],
    ...[...short, `arms=${JSON.stringify({ late: arm })}`].flatMap((each) => ['--set', each]),
    ...more,
  );
}

type Figures = Readonly<Record<string, number>>;

async function baselinesOf(out: string): Promise<Readonly<Record<string, Figures>>> {
  const { baselines } = JSON.parse(await readFile(join(folder, out, 'results.json'), 'utf8')) as {
    baselines: { name: string; metrics: Figures }[];
  };
  return Object.fromEntries(baselines.map(({ name, metrics }) => [name, metrics]));
}

function expectFigures(got: Figures | undefined, expected: Figures): void {
  for (const [metric, value] of Object.entries(expected)) {
    expect(got?.[metric], metric).toBeCloseTo(value, 4);
  }
}

it.each(['clip', 'siglip'])(
  'shows the checkpoint’s own figures beside the arms: %s',
  async (name) => {
    const own = await figuresOf(fixture(name), captions);
    const before = memory().numTensors;
    const ended = await ablate(name, fixture(name));
    expect(ended.code, ended.stderr).toBe(0);
    expect(memory().numTensors).toBe(before);
    const baselines = await baselinesOf(name);
    expectFigures(baselines['towers alone'], own);
    expect(baselines['before training']).toBeUndefined();
  },
);

it('shows them too where the towers are trained on', async () => {
  const rate = ['--set', 'towers.learningRate.fusion=0.3'];
  const ended = await ablate('on', fixture('clip'), '--set', 'towers.steps=3', ...rate);
  expect(ended.code, ended.stderr).toBe(0);
  const { 'before training': came, 'towers alone': trained } = await baselinesOf('on');
  expectFigures(came, await figuresOf(fixture('clip'), captions));
  expect(trained).not.toEqual(came);
});

it('compares fusions over a run', async () => {
  const data = ['--captions', captions, '--engine', 'cpu'];
  const trained = await run(
    ...['train', '--preset', 'fine-tune', '--model', fixture('clip'), ...data],
    ...['--out', join(folder, 'run'), '--set', 'training.steps=2', '--set', 'training.batchSize=4'],
  );
  expect(trained.code, trained.stderr).toBe(0);
  const ended = await ablate('of-run', join(folder, 'run'));
  expect(ended.code, ended.stderr).toBe(0);
  const { metrics } = JSON.parse(await readFile(join(folder, 'run/results.json'), 'utf8')) as {
    metrics: Figures;
  };
  expectFigures((await baselinesOf('of-run'))['towers alone'], metrics);
});

it('does not mix trials over a checkpoint with those over another of the same name', async () => {
  const copy = join(folder, 'copy');
  await cp(fixture('clip'), copy, { recursive: true });
  expect((await ablate('mixed', copy)).code).toBe(0);
  const again = await ablate('mixed', copy);
  expect(again.stderr).toContain('late, seed 1: already done');
  const weights = await readFile(join(copy, 'model.safetensors'));
  weights.writeFloatLE(0.25, weights.length - 4);
  await writeFile(join(copy, 'model.safetensors'), weights);
  const { code, stderr } = await ablate('mixed', copy);
  expect(code).toBe(2);
  expect(stderr).toMatch(/model changed: fingerprint sha256/);
});

it('refuses a model that brings nothing, and towers that nothing has trained', async () => {
  const idle = await run(
    ...['ablate', '--preset', 'quickstart', '--model', fixture('clip'), '--engine', 'cpu'],
    ...['--captions', captions, '--out', join(folder, 'no')],
  );
  expect(idle.code).toBe(2);
  expect(idle.stderr).toMatch(/brings nothing that the config does not name itself/);
  const alone = await ablate('no', fixture('sentence-bert'));
  expect(alone.stderr).toMatch(/brings no image tower.*sentence-bert/);
  const pair = { image: fixture('resnet'), text: fixture('sentence-bert') };
  const file = join(folder, 'pair.json');
  const phase = { steps: 0, batchSize: 4, loss: { name: 'info-nce' } };
  const fusion = { ...phase, steps: 2 };
  const config = {
    data: { captions },
    model: pair,
    towers: phase,
    arms: { arm },
    fusion,
    seeds: [1],
  };
  await writeFile(file, JSON.stringify(config));
  const joined = await run(
    ...['ablate', '--config', file, '--out', join(folder, 'no'), '--engine', 'cpu'],
  );
  expect(joined.stderr).toMatch(/brings no fusion.*"towers.fusion" with a name/);
  const drawn = await run(
    ...['ablate', '--preset', 'quickstart', '--captions', captions, '--out', join(folder, 'no')],
    ...['--engine', 'cpu', '--set', 'towers.steps=0'],
  );
  expect(drawn.code).toBe(2);
  expect(drawn.stderr).toMatch(/towers that are not trained must come trained/);
});
