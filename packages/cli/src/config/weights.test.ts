import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { ConfigError, StateDictError, disposeParams, key, type Params } from '@crossweave/core';
import { saveCheckpoint } from '@crossweave/checkpoints/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageEncoderOf, textEncoderOf } from './build';
import { keyMaps } from './key-maps';
import { parseConfig } from './parse';
import { trainSchema, type EncoderConfig } from './schema';
import { initialWeights, requireItsPictures } from './weights';

let folder = '';
let path = '';
let before = 0;
beforeEach(async () => {
  await setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  path = join(folder, 'model.safetensors');
  before = memory().numTensors;
});
afterEach(async () => {
  expect(memory().numTensors).toBe(before);
  await rm(folder, { recursive: true });
});

const vit = { imageSize: 8, patchSize: 4, dim: 8, layers: 2, heads: 2, hidden: 16 };
const plain: EncoderConfig = { name: 'vit', options: vit };
const text: EncoderConfig = {
  name: 'bert',
  options: { dim: 8, layers: 1, heads: 2, hidden: 8, maxPositions: 8 },
};

const load = (image: EncoderConfig): Promise<Params> =>
  initialWeights({
    image: { config: image, encoder: imageEncoderOf(image, 8) },
    text: {
      config: text,
      encoder: textEncoderOf(text, { name: 'words', vocabularySize: 11, padId: 0 }, 6),
    },
  });

async function save(change: (params: Params) => Params = (params) => params): Promise<Params> {
  const params = imageEncoderOf(plain, 8).init(key(3));
  await saveCheckpoint(path, change(params));
  return params;
}

it('loads what a config names, and nothing where it names nothing', async () => {
  expect(await load(plain)).toEqual({});
  const saved = await save();
  const loaded = await load({ ...plain, weights: { from: path } });
  expect(Object.keys(loaded)).toEqual(Object.keys(saved).map((name) => `image.${name}`));
  for (const [name, value] of Object.entries(saved)) {
    expect(loaded[`image.${name}`]!.dataSync()).toEqual(value.dataSync());
  }
  [saved, loaded].forEach(disposeParams);
});

it('loads under an encoder with adapters, whose own parameters are drawn', async () => {
  const saved = await save();
  const loaded = await load({ ...plain, weights: { from: path }, lora: { rank: 2, alpha: 4 } });
  expect(Object.keys(loaded)).toHaveLength(Object.keys(saved).length);
  [saved, loaded].forEach(disposeParams);
});

it('reads another library’s names', async () => {
  const saved = imageEncoderOf(plain, 8).init(key(3));
  await saveCheckpoint(path, saved, { keyMap: keyMaps['timm-vit'] });
  const loaded = await load({ ...plain, weights: { from: path, keys: 'timm-vit' } });
  const name = 'encoder.layer.1.attention.attention.key.weight';
  expect(loaded[`image.${name}`]!.dataSync()).toEqual(saved[name]!.dataSync());
  [saved, loaded].forEach(disposeParams);
});

it('is strict: what does not fit is an error', async () => {
  const saved = await save((params) => ({ ...params, 'fc.weight': params['layernorm.weight']! }));
  const strict = load({ ...plain, weights: { from: path } });
  await expect(strict).rejects.toThrow(StateDictError);
  await expect(strict).rejects.toThrow(/unexpected \(1\): fc\.weight/);
  const keys = load({ ...plain, weights: { from: path, keys: 'tim-vit' } });
  await expect(keys).rejects.toThrow(ConfigError);
  await expect(keys).rejects.toThrow(/image\.weights\.keys.*Did you mean "timm-vit"/);
  disposeParams(saved);
});

it('an image tower with weights comes with the statistics of its pictures', () => {
  const image: EncoderConfig = { ...plain, weights: { from: 'org/clip' } };
  const splits = { train: 'train', val: 'val', test: 'test' };
  const data = { captions: 'x', imageSize: 8, maxTokens: 8, ...splits };
  expect(() => requireItsPictures({ image, data })).toThrow(
    /data\.normalise: .*how their pictures are prepared is not named.*got "image\.weights" org\/clip/,
  );
  expect(() => requireItsPictures({ image, data: { ...data, normalise: 'clip' } })).not.toThrow();
  expect(() => requireItsPictures({ image: plain, data })).not.toThrow();
});

it('a config names weights by a text or with options, and knows no others', () => {
  const config = (image: object) => ({
    data: { captions: 'x' },
    ...{ image: { name: 'vit', ...image }, text: { name: 'bert' }, fusion: { name: 'dot' } },
    training: { loss: { name: 'info-nce' }, steps: 1, batchSize: 1 },
  });
  const parse = (image: object) => parseConfig(trainSchema, config(image), 'config').image;
  expect(parse({ weights: 'a.safetensors' }).weights).toEqual({ from: 'a.safetensors' });
  const whole = parse({ weights: { from: 'x/y', prefix: 'bert.' }, freeze: { layers: 2 } });
  expect([whole.weights, whole.freeze]).toEqual([{ from: 'x/y', prefix: 'bert.' }, { layers: 2 }]);
  expect(parse(whole)).toEqual(whole);
  expect(() => parse({ weigths: 'a' })).toThrow(/"image\.weigths".*"weights"/);
  for (const image of [{ freeze: 'some' }, { layerDecay: 2 }, { lora: { rank: 0, alpha: 1 } }]) {
    expect(() => parse(image)).toThrow(ConfigError);
  }
});
