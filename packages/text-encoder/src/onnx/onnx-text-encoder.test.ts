import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  concat,
  dispose,
  expandDims,
  fill,
  memory,
  mul,
  reshape,
  slice,
  tensor2d,
  tidy,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  EngineError,
  inference,
  isCrossweaveError,
  type Features,
  type TextInput,
} from '@crossweave/core';
import { readJson } from '@crossweave/core/node';
import { loadSafetensors } from '@crossweave/checkpoints/node';
import { expectClose, testOptions } from '@crossweave/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bertFromConfig, clipTextFromConfig } from '../config/from-config';
import type { HuggingFaceConfig } from '../config/reader';
import { onnxTextEncoder, type OnnxTextEncoderOptions } from './onnx-text-encoder';

const folder = fileURLToPath(new URL('../../fixtures/onnx-bert', import.meta.url));
const clip = fileURLToPath(new URL('../../fixtures/onnx-clip', import.meta.url));
const libraries = ['@xenova/transformers', '@huggingface/transformers'] as const;

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'crossweave-onnx-text-'));
});
afterAll(() => rm(scratch, { recursive: true }));

function texts(): TextInput {
  const int = (rows: number[][]) => tensor2d(rows, undefined, 'int32');
  return {
    input_ids: int([
      [2, 4, 5, 7, 3],
      [2, 6, 3, 0, 0],
    ]),
    attention_mask: int([
      [1, 1, 1, 1, 1],
      [1, 1, 1, 0, 0],
    ]),
    token_type_ids: int([
      [0, 0, 1, 1, 1],
      [0, 0, 0, 0, 0],
    ]),
  };
}

/** Values at padding have no meaning. */
function real({ tokens, mask, pooled }: Features): Record<string, Tensor> {
  return { tokens: mul(tokens, expandDims(mask, 2)), mask, pooled };
}

describe.each(libraries)('%s', (library) => {
  it.each([
    [{}, { pooling: 'mean' }],
    [
      { pooling: 'cls', normalize: true },
      { pooling: 'cls', normalize: true },
    ],
    [{ pooling: { output: 'pooler_output' } }, { pooling: 'pooler' }],
  ] as const)('gives the features of our encoder of the same weights: %j', async (own, ours) => {
    const config = (await readJson(join(folder, 'config.json'))) as HuggingFaceConfig;
    const reference = bertFromConfig(config, ours);
    const params = await loadSafetensors(join(folder, 'model.safetensors'));
    const encoder = await onnxTextEncoder(folder, { ...own, library });
    expect(encoder.features).toEqual({ dim: 8, tokens: 'varies' });
    expect(encoder.name).toBe('onnx(onnx-bert)');
    const input = texts();
    const { token_type_ids, ...untyped } = input;
    for (const given of [input, untyped]) {
      const before = memory().numTensors;
      const features = await encoder.encode(given);
      expect(memory().numTensors).toBe(before + 3);
      tidy(() => {
        const expected = real(reference.apply(params, given, inference));
        for (const [name, value] of Object.entries(real(features))) {
          expectClose(value, expected[name]!, { rtol: 1e-4, atol: 1e-5 }, name);
        }
      });
      dispose({ ...features });
    }
    await encoder[Symbol.asyncDispose]();
    dispose([token_type_ids!, ...Object.values(untyped), ...Object.values(params)]);
  });

  it("takes a class, a file and an output: CLIP's text tower, whose summary is its one token", async () => {
    const config = (await readJson(join(clip, 'config.json'))) as HuggingFaceConfig;
    const params = await loadSafetensors(join(clip, 'model.safetensors'));
    const encoder = await onnxTextEncoder(clip, {
      ...{ library, modelClass: 'CLIPTextModelWithProjection', file: 'text_model' },
      pooling: { output: 'text_embeds' },
    });
    expect(encoder.features.dim).toBe(4);
    const ids = tensor2d([11, 5, 12, 11, 12, 12], [2, 3], 'int32');
    const input = { input_ids: ids, attention_mask: tensor2d([1, 1, 1, 1, 1, 0], [2, 3], 'int32') };
    const { tokens, mask, pooled } = await encoder.encode(input);
    tidy(() => {
      const expected = clipTextFromConfig(config).apply(params, input, inference).pooled;
      expectClose(pooled, expected, { rtol: 1e-4, atol: 1e-5 }, 'pooled');
      expectClose(tokens, expandDims(expected, 1), { rtol: 1e-4, atol: 1e-5 }, 'tokens');
      expect(mask.arraySync()).toEqual([[1], [1]]);
    });
    await encoder[Symbol.asyncDispose]();
    dispose([tokens, mask, pooled, ...Object.values(input), ...Object.values(params)]);
  });

  it('leaks nothing, whether it loads, runs or fails', async () => {
    const before = memory().numTensors;
    const encoder = await onnxTextEncoder(folder, { library });
    const input = texts();
    const far = { ...input, input_ids: tensor2d([2, 99], [2, 1], 'int32') };
    await expect(encoder.encode(far)).rejects.toThrow(/attention_mask does not fit/);
    const outside = { ...input, input_ids: fill<Rank.R2>([2, 5], 99, 'int32') };
    await expect(encoder.encode(outside)).rejects.toThrow(EngineError);
    await encoder[Symbol.asyncDispose]();
    const lacking = onnxTextEncoder(folder, { library, tokens: 'nothing' });
    await expect(lacking).rejects.toThrow(EngineError);
    await expect(lacking).rejects.toThrow(
      /no output "nothing" of 3.*last_hidden_state \[1, 1, 8\]/,
    );
    dispose([...Object.values(input), far.input_ids, outside.input_ids]);
    expect(memory().numTensors).toBe(before);
  });

  it('says what is wrong with a folder or a class', async () => {
    const damaged = join(scratch, `damaged-${library.replace('/', '-')}`);
    await cp(folder, damaged, { recursive: true });
    await writeFile(join(damaged, 'onnx', 'model.onnx'), 'no model');
    await expect(onnxTextEncoder(damaged, { library })).rejects.toThrow(EngineError);
    const quantized = onnxTextEncoder(folder, { library, quantized: true });
    await expect(quantized).rejects.toThrow(DataError);
    await expect(quantized).rejects.toThrow(/expected onnx\/model_quantized.onnx; got model.onnx/);
    const unknown = onnxTextEncoder(folder, { library, modelClass: 'NoSuchModel' });
    await expect(unknown).rejects.toThrow(ConfigError);
    await expect(unknown).rejects.toThrow(/no model class "NoSuchModel" in @/);
  });
});

it('has one fingerprint for both libraries, another for other settings', async () => {
  const fingerprint = async (options: OnnxTextEncoderOptions): Promise<string> => {
    const encoder = await onnxTextEncoder(folder, options);
    await encoder[Symbol.asyncDispose]();
    return encoder.fingerprint;
  };
  const [one, other] = await Promise.all(libraries.map((library) => fingerprint({ library })));
  expect(one).toBe(other);
  const changed = [
    { pooling: 'cls' },
    { normalize: true },
    { tokens: 'last_hidden_state' },
  ] as const;
  for (const options of changed) expect(await fingerprint(options)).not.toBe(one);
});

testOptions(
  'onnxTextEncoder',
  (options: OnnxTextEncoderOptions) => onnxTextEncoder('nowhere', options),
  { describe, it },
  { anyText: ['modelClass', 'file', 'tokens'] },
);

const vocabulary = { name: 'words', vocabularySize: 13, padId: 0, endId: 3 };

it.each([
  [{ ...vocabulary, vocabularySize: 14 }, /word table of 13 rows; got 14 ids \(words\)/],
  [{ ...vocabulary, padId: 1 }, /pads with another id.*expected 0; got 1 \(words\)/],
])("refuses a tokenizer that is not the model's: %j", async (tokenizer, message) => {
  const loading = onnxTextEncoder(folder, { tokenizer });
  await expect(loading).rejects.toThrow(ConfigError);
  await expect(loading).rejects.toThrow(message);
});

it('reads the token that ends a text, by the tokenizer or the config', async () => {
  const unknown = onnxTextEncoder(folder, { pooling: 'eot' });
  await expect(unknown).rejects.toThrow(/"endOfText" is not given/);
  const other = onnxTextEncoder(folder, { pooling: 'eot', endOfText: 5, tokenizer: vocabulary });
  await expect(other).rejects.toThrow(/"endOfText".*3, as words has it; got 5/);

  const encoder = await onnxTextEncoder(folder, { pooling: 'eot', tokenizer: vocabulary });
  const input = texts();
  const { tokens, mask, pooled } = await encoder.encode(input);
  tidy(() => {
    const at = (row: number, place: number) => slice(tokens, [row, place, 0], [1, 1, 8]);
    expectClose(pooled, reshape(concat([at(0, 4), at(1, 2)]), [2, 8]));
  });
  await encoder[Symbol.asyncDispose]();
  dispose([tokens, mask, pooled, ...Object.values(input)]);
});

it('refuses a pooling it does not know before it loads anything', async () => {
  const error: unknown = await onnxTextEncoder('nowhere', { pooling: 'pooler' as 'cls' }).catch(
    (reason: unknown) => reason,
  );
  expect(isCrossweaveError(error) && error.message).toMatch(
    /"pooling".*"cls" \| "mean" \| "max" \| "eot", or { output.*got "pooler"/,
  );
});
