import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { subtree } from '@crossweave/core';
import { loadPairs } from '@crossweave/data';
import { encodeSplit, evaluateFusion } from '@crossweave/lab';
import { pretrained } from '@crossweave/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeScenes, run } from './cli.testing';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../models/fixtures/${name}`, import.meta.url));

let folder = '';
let captions = '';
beforeAll(async () => {
  await setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  captions = await makeScenes(join(folder, 'scenes'));
});
afterAll(() => rm(folder, { recursive: true }));

const short = ['--set', 'training.steps=2', '--set', 'training.batchSize=4', '--engine', 'cpu'];

function fineTune(model: string, out: string, ...more: string[]) {
  const data = ['--captions', captions, '--out', join(folder, out)];
  return run('train', '--preset', 'fine-tune', '--model', model, ...data, ...short, ...more);
}

interface Results {
  readonly beforeTraining: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
}
const resultsOf = async (out: string): Promise<Results> =>
  JSON.parse(await readFile(join(folder, out, 'results.json'), 'utf8')) as Results;

/** The figures of a checkpoint as it is, by the library alone. */
async function figuresOf(from: string): Promise<Readonly<Record<string, number>>> {
  using model = await pretrained(from);
  const { image, text, fusion, params } = model;
  const { preprocessing } = image!;
  const { tokenizer, maxTokens } = text!;
  const data = await loadPairs({ captions, preprocessing, tokenizer, maxTokens });
  const cache = await encodeSplit({
    split: data.split('test'),
    image: { encoder: image!.encoder, params: subtree(params, 'image.') },
    text: { encoder: text!.encoder, params: subtree(params, 'text.') },
  });
  const own = { fusion: fusion!.fusion, params: subtree(params, 'fusion.') };
  const { metrics } = await evaluateFusion(own, cache);
  return metrics;
}

it.each(['clip', 'siglip', 'open-clip'])(
  'begins with the checkpoint’s own figures, and leaves a model: %s',
  async (name) => {
    const before = memory().numTensors;
    const { code, stderr } = await fineTune(fixture(name), name);
    expect(stderr).not.toMatch(/Error|✗/);
    expect(code).toBe(0);
    const results = await resultsOf(name);
    const own = await figuresOf(fixture(name));
    for (const [metric, value] of Object.entries(own)) {
      expect(results.beforeTraining[metric], metric).toBeCloseTo(value, 4);
    }
    const saved = join(folder, name, 'model');
    expect((await readdir(saved)).sort()).toEqual(['model.json', 'model.safetensors', 'tokenizer']);
    const after = await figuresOf(join(folder, name));
    for (const [metric, value] of Object.entries(after)) {
      expect(results.metrics[metric], metric).toBeCloseTo(value, 4);
    }
    expect(memory().numTensors).toBe(before);
  },
);

it('goes on from a run, with adapters that the model has folded in', async () => {
  const lora = ['--set', 'image={"lora":{"rank":2,"alpha":4}}', '--set', 'text={"freeze":"all"}'];
  const { code, stderr } = await fineTune(fixture('clip'), 'lora', ...lora);
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  const { metrics } = await resultsOf('lora');
  const next = await fineTune(join(folder, 'lora'), 'next');
  expect(next.stderr).not.toContain('Error');
  const { beforeTraining } = await resultsOf('next');
  for (const [metric, value] of Object.entries(metrics)) {
    expect(beforeTraining[metric], metric).toBeCloseTo(value, 4);
  }
  const evaluated = await run('eval', '--run', join(folder, 'next'), '--engine', 'cpu', '--json');
  expect(JSON.parse(evaluated.stdout)).toMatchObject({
    metrics: (await resultsOf('next')).metrics,
  });
});

it('takes towers alone, each with what it was trained with', async () => {
  const text = `text={"name":"bert","options":{"dim":8,"layers":1,"heads":2}}`;
  const fusion = `fusion={"name":"co-attention","options":{"dim":8,"layers":1,"heads":2}}`;
  const loss = `training.loss={"name":"matching"}`;
  const set = [text, fusion, loss].flatMap((each) => ['--set', each]);
  const { code, stderr } = await fineTune(fixture('resnet'), 'tower', ...set);
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  const { config } = (
    JSON.parse(await readFile(join(folder, 'tower/run.json'), 'utf8')) as {
      identity: { config: { data: object } };
    }
  ).identity;
  expect(config.data).toMatchObject({ imageSize: 32, resizeTo: 36, filter: 'bicubic' });
});

it('refuses what does not belong together', async () => {
  const mine = await fineTune(fixture('clip'), 'no', '--set', 'data.tokenizer=elsewhere');
  expect(mine.code).toBe(2);
  expect(mine.stderr).toMatch(/the tokenizer comes with the text tower of the checkpoint/);
  const alone = await fineTune(fixture('vit'), 'no');
  expect(alone.stderr).toMatch(/the checkpoint brings no text tower.*vit/);
  const weights = await fineTune(fixture('clip'), 'no', '--set', 'image={"weights":"x"}');
  expect(weights.stderr).toMatch(/"weights" of the image come with the checkpoint/);
  const long = await fineTune(fixture('clip'), 'no', '--set', 'data.maxTokens=20');
  expect(long.stderr).toMatch(/texts are longer than the position table/);
});

it('takes no home-made ids for a text tower that was trained elsewhere', async () => {
  const config = join(folder, 'n3.json');
  const options = { vocabulary: 60, dim: 12, layers: 2, heads: 2, hidden: 20, maxPositions: 24 };
  await writeFile(
    config,
    JSON.stringify({
      data: { captions, imageSize: 16, maxTokens: 16 },
      image: { name: 'resnet', options: { layers: [1], widths: [4] } },
      text: { name: 'bert', options, weights: { from: fixture('sentence-bert') } },
      fusion: { name: 'dual-encoder', options: { dim: 8 } },
      training: { loss: { name: 'info-nce' }, steps: 2, batchSize: 4 },
    }),
  );
  const given = ['train', '--config', config, '--out', join(folder, 'n3'), '--engine', 'cpu'];
  const { code, stderr } = await run(...given);
  expect(code).toBe(2);
  expect(stderr).toMatch(/the text tower has weights, and their tokenizer is not named/);
});

it('begins with weights of a fusion', async () => {
  const run1 = join(folder, 'clip', 'model', 'model.safetensors');
  const copy = join(folder, 'model.safetensors');
  await cp(run1, copy);
  const fusion = {
    name: 'dual-encoder',
    options: { dim: 8 },
    weights: { from: copy, prefix: 'fusion.' },
  };
  const { code, stderr } = await fineTune(
    fixture('clip'),
    'fused',
    '--set',
    `fusion=${JSON.stringify(fusion)}`,
  );
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
});
