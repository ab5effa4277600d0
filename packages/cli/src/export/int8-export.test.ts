import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { disposeParams, type Params } from '@crossweave/core';
import { loadPairs } from '@crossweave/data';
import { onnxImageEncoder } from '@crossweave/image-encoder/onnx';
import { compareFidelity, encodeSplit, type Fidelity } from '@crossweave/lab';
import { openModel, pretrained, saveModel } from '@crossweave/models';
import { onnxTextEncoder } from '@crossweave/text-encoder/onnx';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture, run, writeTiny } from '../cli.testing';

const [TRAIN, VAL] = [20, 110];
let folder = '';
let captions = '';
/** A run on the captions, of which some weights are large enough for 8 bits. */
let trained = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  const scenes = join(folder, 'scenes');
  const count = `${TRAIN + VAL}`;
  await run('data', 'make', 'scenes', '--n', count, '--size', '16', '--out', scenes);
  captions = await withSplits(scenes, VAL);
  const config = await writeTiny(join(folder, 'config.json'), {
    data: { captions, test: 'val' },
    image: { name: 'resnet', options: { layers: [1], widths: [32] } },
    text: { name: 'bert', options: { dim: 32, layers: 1, heads: 2 } },
    fusion: { name: 'dual-encoder', options: { dim: 32 } },
    training: { steps: 10, batchSize: 10 },
  });
  trained = join(folder, 'trained');
  const ended = await run('train', '--config', config, '--out', trained, '--engine', 'onnx');
  expect(ended.code, ended.stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

/** The same scenes, of which so many are for validation. */
async function withSplits(scenes: string, validation: number): Promise<string> {
  const lines = (await readFile(join(scenes, 'captions.jsonl'), 'utf8')).trim().split('\n');
  const records = lines.slice(0, TRAIN + validation).map((line, i) => {
    const {
      id,
      image,
      captions: [caption],
    } = JSON.parse(line) as {
      readonly id: string;
      readonly image: string;
      readonly captions: readonly [string];
    };
    return JSON.stringify({ id, image, captions: [caption], split: i < TRAIN ? 'train' : 'val' });
  });
  const file = join(scenes, `${validation}.jsonl`);
  await writeFile(file, records.join('\n'));
  return file;
}

interface Written {
  readonly files: readonly string[];
  readonly int8: Fidelity & {
    readonly calibratedBy: number;
    readonly bytes: { readonly float32: number; readonly int8: number };
  };
}

/**
 * The function of the trained model, with one channel of the texts' summaries 3,000 times as large:
 * 8 bits for the range of the largest number leave none for the others.
 */
async function withOutlier(out: string): Promise<void> {
  using parts = await pretrained(trained);
  const { image, text, fusion } = parts;
  const gains = /^text\.encoder\.layer\.0\.output\.LayerNorm\.(weight|bias)$/;
  const scaled = (value: Tensor, factor: number): Tensor => {
    const width = value.shape.at(-1)!;
    const values = value.dataSync().map((each, i) => (i % width === 0 ? each * factor : each));
    return tensor(values, value.shape);
  };
  const params: Params = Object.fromEntries(
    Object.entries(parts.params).map(([name, value]) => {
      const factor = gains.test(name)
        ? 3000
        : name === 'fusion.text_projection.weight'
          ? 1 / 3000
          : 1;
      return [name, scaled(value, factor)];
    }),
  );
  try {
    await mkdir(out, { recursive: true });
    await saveModel(out, {
      ...{ image: image!.part, text: text!.part, fusion: fusion!.part, params },
      ...{ preprocessing: image!.preprocessing, maxTokens: text!.maxTokens },
      tokenizer: text!.tokenizerFolder,
    });
  } finally {
    disposeParams(params);
  }
}

it('writes int8 files that a transformers library loads, with the figures of the gate', async () => {
  const out = join(folder, 'exported');

  const ended = await run('export', '--model', trained, '--out', out, '--int8', '--json');
  expect(ended.code, ended.stderr).toBe(0);
  const { int8, files } = JSON.parse(ended.stdout) as Written;
  expect((await readdir(join(out, 'onnx'))).sort()).toEqual([
    'text_model.onnx',
    'text_model_quantized.onnx',
    'vision_model.onnx',
    'vision_model_quantized.onnx',
  ]);
  expect(files.every((file) => existsSync(file))).toBe(true);
  expect(int8.recall.i2t.queries).toBe(VAL);
  expect(int8.calibratedBy).toBe(TRAIN);
  expect(int8.bytes.int8).toBeLessThan(0.7 * int8.bytes.float32);
  const card = await readFile(join(out, 'README.md'), 'utf8');
  expect(card).toContain(`mean over images: ${int8.cosine.image.mean.toFixed(5)} (least`);
  expect(card).toContain(`${VAL} images and ${int8.recall.t2i.queries} texts`);

  await using model = await openModel(out);
  const { preprocessing, maxTokens, tokenizer } = model;
  const data = await loadPairs({
    ...{ captions, preprocessing: preprocessing!, tokenizer: tokenizer!, maxTokens: maxTokens! },
  });
  const split = data.split('val');
  await using image = await onnxImageEncoder(out, {
    ...{ modelClass: 'CLIPVisionModelWithProjection', file: 'vision_model', quantized: true },
    pooling: { output: 'image_embeds' },
  });
  await using texts = await onnxTextEncoder(out, {
    ...{ modelClass: 'CLIPTextModelWithProjection', file: 'text_model', quantized: true },
    ...{ pooling: { output: 'text_embeds' }, length: maxTokens! },
  });
  // Batches as in the export: a product takes the range of its whole input.
  const again = compareFidelity(
    await encodeSplit({ split, ...model.frozen!, batchSize: 32 }),
    await encodeSplit({ split, image, text: texts, batchSize: 32 }),
  );
  for (const side of ['image', 'text'] as const) {
    expect(int8.cosine[side].mean).toBeLessThan(1 - 1e-6);
    expect(again.cosine[side].mean).toBeCloseTo(int8.cosine[side].mean, 6);
  }
  for (const side of ['i2t', 't2i'] as const) {
    expect(again.recall[side].low).toBe(int8.recall[side].low);
  }
});

it('writes nothing where int8 costs too much, and says what it costs', async () => {
  const spoiled = join(folder, 'spoiled');
  await withOutlier(spoiled);
  const out = join(folder, 'refused');
  const ended = await run(
    ...['export', '--model', spoiled, '--out', out, '--int8', '--captions', captions, '--json'],
  );
  expect(ended.code, ended.stderr).toBe(1);
  expect(existsSync(out)).toBe(false);
  const { int8 } = JSON.parse(ended.stdout) as Written;
  expect(int8.cosine.text.mean).toBeLessThan(0.99);
  expect(ended.stderr).toMatch(/int8 is refused, and nothing was written: .*text tower/);
  expect(ended.stderr).toContain(`mean over texts: ${int8.cosine.text.mean.toFixed(5)}`);
  expect(ended.stderr).toContain(`${VAL} queries, one is 0.0091`);
});

it('refuses int8 without pairs, by few images or by the training split, and data without int8', async () => {
  const out = join(folder, 'none');
  const start = ['export', '--model', fixture('clip'), '--out', out];
  const refusal = async (...more: string[]): Promise<string> => {
    const { code, stderr } = await run(...start, ...more);
    expect(code, stderr).toBeGreaterThan(0);
    return stderr;
  };
  const few = await withSplits(join(folder, 'scenes'), 99);
  expect(await refusal('--int8')).toMatch(/--int8 needs pairs.*--captions FILE/);
  expect(await refusal('--int8', '--captions', few)).toMatch(
    /"val" has too few images .* at least 100.*; got 99, where one image is 0.010/,
  );
  const data = ['--int8', '--captions', captions];
  expect(await refusal(...data, '--split', 'train')).toMatch(/it is calibrated with/);
  expect(await refusal(...data, '--split', 'test')).toMatch(
    /no record belongs to the split "test"/,
  );
  expect(await refusal('--captions', captions)).toMatch(/--captions is of no use without --int8/);
  expect(existsSync(out)).toBe(false);
});
