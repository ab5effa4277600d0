import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { dispose, memory, ones, tidy, type Rank } from '@tensorflow/tfjs-core';
import {
  DataError,
  EngineError,
  ShapeError,
  inference,
  key,
  normal,
  type Features,
} from '@crossweave/core';
import { loadSafetensors } from '@crossweave/checkpoints/node';
import { expectClose, testOptions } from '@crossweave/core/testing';
import { normalize } from '@crossweave/core/nn';
import { describe, expect, it } from 'vitest';
import { vit } from '../vit/presets';
import { onnxImageEncoder, type OnnxImageEncoderOptions } from './onnx-image-encoder';

const folder = fileURLToPath(new URL('../../fixtures/onnx-vit', import.meta.url));
const libraries = ['@xenova/transformers', '@huggingface/transformers'] as const;
const reference = vit({ imageSize: 8, patchSize: 4, dim: 8, layers: 2, heads: 2, hidden: 12 });
const pictures = () => normal<Rank.R4>(key(3), [2, 8, 8, 3]);

describe.each(libraries)('%s', (library) => {
  it('gives the features of our encoder of the same weights', async () => {
    const params = await loadSafetensors(join(folder, 'model.safetensors'));
    const image = pictures();
    const expected = tidy(() => ({ ...reference.apply(params, image, inference) }));
    const expectEqual = (found: Features, pooled = expected.pooled): void => {
      const closeness = { rtol: 1e-4, atol: 1e-5 };
      expectClose(found.tokens, expected.tokens, closeness, 'tokens');
      expectClose(found.mask, expected.mask, closeness, 'mask');
      expectClose(found.pooled, pooled, closeness, 'pooled');
    };
    const encoder = await onnxImageEncoder(folder, { library });
    expect(encoder).toMatchObject({
      name: 'onnx(onnx-vit)',
      features: { dim: 8, tokens: 5 },
      preprocessing: { height: 8, width: 8, mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] },
    });
    const before = memory().numTensors;
    const features = await encoder.encode(image);
    expect(memory().numTensors).toBe(before + 3);
    expectEqual(features);
    await encoder[Symbol.asyncDispose]();

    const unit = await onnxImageEncoder(folder, { library, normalize: true });
    const normalized = await unit.encode(image);
    const pooled = normalize(expected.pooled);
    expectEqual(normalized, pooled);
    await unit[Symbol.asyncDispose]();
    for (const made of [features, normalized, expected]) dispose({ ...made });
    dispose([image, pooled, ...Object.values(params)]);
  });

  it('refuses pictures of another size, and leaks nothing', async () => {
    const before = memory().numTensors;
    const encoder = await onnxImageEncoder(folder, { library });
    const wide = ones<Rank.R4>([1, 8, 12, 3]);
    await expect(encoder.encode(wide)).rejects.toThrow(ShapeError);
    await encoder[Symbol.asyncDispose]();
    const options: OnnxImageEncoderOptions = { library, pooling: { output: 'image_embeds' } };
    const lacking = onnxImageEncoder(folder, options);
    await expect(lacking).rejects.toThrow(EngineError);
    await expect(lacking).rejects.toThrow(
      /no output "image_embeds".*last_hidden_state \[1, 5, 8\]/,
    );
    wide.dispose();
    expect(memory().numTensors).toBe(before);
  });
});

testOptions(
  'onnxImageEncoder',
  (options: OnnxImageEncoderOptions) => onnxImageEncoder('nowhere', options),
  { describe, it },
  { anyText: ['modelClass', 'file', 'tokens'] },
);

it('has one fingerprint for both libraries, another for other preprocessing', async () => {
  const fingerprint = async (options: OnnxImageEncoderOptions): Promise<string> => {
    const encoder = await onnxImageEncoder(folder, options);
    await encoder[Symbol.asyncDispose]();
    return encoder.fingerprint;
  };
  const [one, other] = await Promise.all(libraries.map((library) => fingerprint({ library })));
  expect(one).toBe(other);
  const preprocessing = { height: 8, width: 8, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  expect(await fingerprint({ preprocessing })).not.toBe(one);
});

it('names what is not there: the model, or a file of its folder', async () => {
  const missing = onnxImageEncoder('nowhere');
  await expect(missing).rejects.toThrow(DataError);
  await expect(missing).rejects.toThrow(/there is no such folder.*got nowhere.*hf download/);
  const empty = await mkdtemp(join(tmpdir(), 'crossweave-onnx-image-'));
  const lacking = onnxImageEncoder(empty);
  await expect(lacking).rejects.toThrow(DataError);
  await expect(lacking).rejects.toThrow(/preprocessor_config.json: the file cannot be read/);
  await rm(empty, { recursive: true });
});
