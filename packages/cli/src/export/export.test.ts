import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { setBackend, tensor2d, tidy } from '@tensorflow/tfjs-core';
import {
  AutoImageProcessor,
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  RawImage,
  env,
} from '@huggingface/transformers';
import { openModel, rowOf } from '@crossweave/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../cli.testing';
import { withEnd } from './towers';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../models/fixtures/${name}`, import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Of numbers of a library whose outputs are of any type. */
const gap = (a: unknown, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a as ArrayLike<number>, (value, i) => Math.abs(value - b[i]!)));

const dataOf = (outputs: unknown, name: string): unknown =>
  (outputs as Record<string, { readonly data: unknown }>)[name]!.data;

describe.each(['clip', 'siglip'])('%s', (name) => {
  it('is loaded by @huggingface/transformers and gives the same vectors', async () => {
    const out = join(folder, name);
    const written = await run('export', '--model', fixture(name), '--out', out, '--json');
    expect(written.code, written.stderr).toBe(0);
    const { difference } = JSON.parse(written.stdout) as { difference: Record<string, number> };
    expect(Math.max(...Object.values(difference))).toBeLessThan(5e-5);
    expect((await readdir(join(out, 'onnx'))).sort()).toEqual([
      'text_model.onnx',
      'vision_model.onnx',
    ]);

    env.allowRemoteModels = false;
    env.localModelPath = folder;
    const options = { dtype: 'fp32' } as const;
    const tokenizer = await AutoTokenizer.from_pretrained(name);
    const textModel = await CLIPTextModelWithProjection.from_pretrained(name, options);
    const imageModel = await CLIPVisionModelWithProjection.from_pretrained(name, options);
    const processor = await AutoImageProcessor.from_pretrained(name);

    await setBackend('cpu');
    await using model = await openModel(fixture(name));
    // The last is longer than the model reads: the library cuts its end off, the graph puts it back.
    const captions = ['a red circle', 'ring', 'a red circle and a green ring '.repeat(4)];
    const padding = { padding: 'max_length', max_length: 16, truncation: true } as const;
    const texts = await textModel(tokenizer(captions, padding as never));
    const own = await model.encodeText(captions);
    const config = JSON.parse(await readFile(join(out, 'tokenizer.json'), 'utf8')) as object;
    expect(config).toMatchObject({ truncation: { max_length: 16, direction: 'Right' } });
    expect(gap(dataOf(texts, 'text_embeds'), own.values)).toBeLessThan(1e-4);

    const path = join(fixture('pictures'), '0.jpg');
    const inputs = await processor(await RawImage.read(path));
    expect(inputs.pixel_values.dims).toEqual([1, 3, 32, 32]);
    const images = await imageModel(inputs);
    const picture = await model.encodeImage([{ name: path, bytes: await readFile(path) }]);
    // Its resizing is sharp's, not Pillow's.
    expect(gap(dataOf(images, 'image_embeds'), rowOf(picture, 0))).toBeLessThan(0.05);
  });
});

it('refuses what is no pair of towers, and another engine', async () => {
  const out = join(folder, 'none');
  const alone = await run('export', '--model', fixture('vit'), '--out', out);
  expect(alone.stderr).toMatch(/not two towers with embeddings of their own/);
  const full = join(out, 'full');
  await mkdir(full, { recursive: true });
  await writeFile(join(full, 'config.json'), 'mine');
  const over = await run('export', '--model', fixture('clip'), '--out', full);
  expect(over.stderr).toMatch(/full: the folder is not empty; .* got config\.json/);
  expect(await readdir(full)).toEqual(['config.json']);
  const other = await run('export', '--model', fixture('clip'), '--out', out, '--engine', 'cpu');
  expect(other.stderr).toMatch(/written by the engine onnx/);
});

it('ends the texts that fill all places, and leaves the others', () =>
  tidy(() => {
    const rows = [
      [5, 6, 7, 8],
      [5, 6, 9, 9],
      [5, 6, 0, 0],
    ];
    const input = {
      input_ids: tensor2d(rows, [3, 4], 'int32'),
      attention_mask: tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], [3, 4], 'int32'),
    };
    const idsWith = (...suffix: number[]): unknown => withEnd(input, suffix).input_ids.arraySync();
    expect(idsWith(9)).toEqual([[5, 6, 7, 9], rows[1], rows[2]]);
    expect(idsWith(9, 9)).toEqual([[5, 6, 9, 9], rows[1], rows[2]]);
    expect(idsWith()).toEqual(rows);
  }));
