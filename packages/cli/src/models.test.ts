import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { loadSafetensors } from '@crossweave/checkpoints/node';
import { disposeParams } from '@crossweave/core';
import { loadTokenizer } from '@crossweave/data';
import { pretrained } from '@crossweave/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { figuresOf, fixture, makeScenes, run } from './cli.testing';

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

it.each<[string, string[]]>([
  // A fusion of the checkpoint's kind is the checkpoint's.
  ['clip', ['--set', 'fusion={"name":"dual-encoder","options":{"dim":8}}']],
  ['siglip', []],
])('begins with the checkpoint’s own figures, and leaves a model: %s', async (name, named) => {
  const before = memory().numTensors;
  const { code, stderr } = await fineTune(fixture(name), name, ...named);
  expect(stderr).not.toMatch(/Error|✗/);
  expect(code).toBe(0);
  const results = await resultsOf(name);
  const own = await figuresOf(fixture(name), captions);
  for (const [metric, value] of Object.entries(own)) {
    expect(results.beforeTraining[metric], metric).toBeCloseTo(value, 4);
  }
  const saved = join(folder, name, 'model');
  expect((await readdir(saved)).sort()).toEqual(['model.json', 'model.safetensors', 'tokenizer']);
  const after = await figuresOf(join(folder, name), captions);
  for (const [metric, value] of Object.entries(after)) {
    expect(results.metrics[metric], metric).toBeCloseTo(value, 4);
  }
  expect(memory().numTensors).toBe(before);
});

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

it('joins an image tower of the config’s own, for pictures of its size, and a text tower', async () => {
  const out = join(folder, 'own-image');
  const fusion = { name: 'dual-encoder', options: { dim: 8 } };
  const image = { name: 'resnet', options: { layers: [1], widths: [4], stem: 'small' } };
  const own = ['--set', `image=${JSON.stringify(image)}`, '--set', 'data.imageSize=16'];
  const joined = ['--set', `fusion=${JSON.stringify(fusion)}`];
  const { code, stderr } = await fineTune(fixture('sentence-bert'), 'own-image', ...own, ...joined);
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  using model = await pretrained(out);
  expect(model.image!.preprocessing.size).toBe(16);
  expect(model.text!.part.options).toMatchObject({ pooling: 'mean', normalize: true });
});

it('joins a ResNet and a BERT with its tokenizer', async () => {
  const model = { image: fixture('resnet'), text: fixture('sentence-bert') };
  const fusion = { name: 'dual-encoder', options: { dim: 8 } };
  const set = [
    '--set',
    `model=${JSON.stringify(model)}`,
    '--set',
    `fusion=${JSON.stringify(fusion)}`,
  ];
  const data = ['--captions', captions, '--out', join(folder, 'pair')];
  const { code, stderr } = await run('train', '--preset', 'fine-tune', ...set, ...data, ...short);
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  const saved = await pretrained(join(folder, 'pair'));
  expect(saved.text!.tokenizer.fingerprint).toBe(
    (await loadTokenizer(fixture('sentence-bert'))).fingerprint,
  );
  saved[Symbol.dispose]();
  const { identity } = JSON.parse(await readFile(join(folder, 'pair/run.json'), 'utf8')) as {
    identity: { config: { data: object } };
  };
  const { data: recorded } = identity.config;
  expect(recorded).toMatchObject({ imageSize: 32, resizeTo: 36, filter: 'bicubic' });
});

it('refuses what does not belong together', async () => {
  const mine = await fineTune(fixture('clip'), 'no', '--set', 'data.tokenizer=elsewhere');
  expect(mine.code).toBe(2);
  expect(mine.stderr).toMatch(/the tokenizer comes with the text tower of the checkpoint/);
  const alone = await fineTune(fixture('vit'), 'no');
  expect(alone.stderr).toMatch(/the checkpoint brings no text tower.*vit/);
  const weights = await fineTune(fixture('clip'), 'no', '--set', 'image={"weights":"x"}');
  expect(weights.stderr).toMatch(/"weights" of the image come with the checkpoint/);
  const other = ['--set', 'fusion={"name":"dual-encoder","options":{"dim":4}}'];
  const narrow = await fineTune(fixture('clip'), 'no', ...other);
  expect(narrow.code).toBe(2);
  expect(narrow.stderr).toMatch(
    /fusion\.options\.dim: the fusion of the checkpoint was trained with another value; expected 8; got 4/,
  );
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

it('says where pictures are prepared otherwise than the checkpoint was trained with', async () => {
  const plain = await fineTune(fixture('clip'), 'as-trained', '--set', 'data.normalise=clip');
  expect([plain.code, plain.stderr]).toEqual([
    0,
    expect.not.stringContaining('sees other numbers'),
  ]);
  const other = ['data.normalise=imagenet', 'data.resize=squash'].flatMap((each) => [
    '--set',
    each,
  ]);
  const { code, stderr } = await fineTune(fixture('clip'), 'otherwise', ...other);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/data\.normalise is "imagenet", and .* was trained with \{"mean":\[0\.48/);
  expect(stderr).toMatch(/data\.resize is "squash", and .* was trained with "/);
});

it('compares fusions over towers of a checkpoint, frozen and with adapters', async () => {
  const file = join(folder, 'ablation.json');
  const from = { image: fixture('resnet'), text: fixture('sentence-bert') };
  const resnet = { block: 'bottleneck', layers: [1, 2], widths: [2, 3], stemWidth: 8 };
  const sizes = { dim: 12, layers: 2, heads: 2, hidden: 20, maxPositions: 24 };
  const phase = { steps: 2, batchSize: 4 };
  const config = {
    data: {
      ...{ captions, imageSize: 32, maxTokens: 16, tokenizer: from.text },
      normalise: 'imagenet',
    },
    image: {
      ...{ name: 'resnet', options: resnet, freeze: 'all' },
      weights: { from: from.image, keys: 'hugging-face-resnet' },
    },
    text: {
      ...{ name: 'bert', options: sizes, freeze: 'base', lora: { rank: 2, alpha: 4 } },
      ...{ layerDecay: 0.5, weights: { from: from.text, ignoreUnexpected: ['pooler'] } },
    },
    towers: {
      ...{ ...phase, fusion: { name: 'dual-encoder', options: { dim: 8 } } },
      loss: { name: 'info-nce' },
    },
    arms: { late: { name: 'concat-mlp', options: { hidden: [8] } } },
    fusion: { ...phase, loss: { name: 'matching' } },
    seeds: [1],
  };
  await writeFile(file, JSON.stringify(config));
  const out = join(folder, 'ablation');
  const before = memory().numTensors;
  const ended = await run('ablate', '--config', file, '--out', out, '--engine', 'cpu');
  expect(ended.code, ended.stderr).toBe(0);
  expect(memory().numTensors).toBe(before);
  const [towers] = (await readdir(out)).filter((name) => name.startsWith('towers-'));
  const [weights] = (await readdir(join(out, towers!, 'checkpoints'))).filter((name) =>
    name.endsWith('.params.safetensors'),
  );
  const trained = await loadSafetensors(join(out, towers!, 'checkpoints', weights!));
  using image = await pretrained(from.image);
  for (const [path, value] of Object.entries(image.params)) {
    expect(trained[path]!.dataSync(), path).toEqual(value.dataSync());
  }
  expect(Object.keys(trained).some((path) => path.includes('lora_B'))).toBe(true);
  disposeParams(trained);
});
