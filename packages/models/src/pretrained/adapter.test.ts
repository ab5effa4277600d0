import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import { disposeParams, inference, subtree } from '@crossweave/core';
import { loadCheckpoint, saveCheckpoint } from '@crossweave/checkpoints/node';
import { encodeTexts } from '@crossweave/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectedOf, fixture, furthest, ownPictures } from './fixtures.testing';
import { pretrained } from './pretrained';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Json = Record<string, unknown>;

/** A copy of an adapter's fixture over the base that lies beside it. */
async function adapterOver(base: string, name: string, change: Json = {}): Promise<string> {
  const path = join(folder, name);
  await cp(fixture(name), path, { recursive: true });
  const file = join(path, 'adapter_config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as Json;
  const whole = { ...config, base_model_name_or_path: fixture(base), ...change };
  await writeFile(file, JSON.stringify(whole));
  return path;
}

/** Replaces the tensors of an adapter. */
async function rewrite(path: string, how: (tensors: Json) => void): Promise<void> {
  const file = join(path, 'adapter_model.safetensors');
  const { params } = await loadCheckpoint(file);
  const tensors = { ...params };
  how(tensors);
  await saveCheckpoint(file, tensors);
  disposeParams(params);
}

describe('an adapter of PEFT', () => {
  it.each(['clip-lora', 'clip-rslora'])('gives the logits of the original: %s', async (name) => {
    const { captions, ids } = expectedOf('clip');
    const expected = expectedOf(name);
    using model = await pretrained(await adapterOver('clip', name));
    const { image, text, fusion } = model;
    const pictures = await ownPictures(image!.preprocessing);
    tidy(() => {
      const texts = encodeTexts(captions, text!.tokenizer, text!.maxTokens);
      expect([...texts.input_ids.dataSync()]).toEqual(ids.flat());
      const left = image!.encoder.apply(subtree(model.params, 'image.'), pictures, inference);
      const right = text!.encoder.apply(subtree(model.params, 'text.'), texts, inference);
      const own = subtree(model.params, 'fusion.');
      const logits = fusion!.fusion.score(own, left, right, inference);
      expect(furthest(logits, expected.logits)).toBeLessThan(2e-5);
      expect(furthest(logits, expectedOf('clip').logits)).toBeGreaterThan(0.1);
    });
    pictures.dispose();
  });

  it('leaves nothing behind, loaded or refused', async () => {
    const before = memory().numTensors;
    const path = await adapterOver('clip', 'clip-lora');
    (await pretrained(path))[Symbol.dispose]();
    expect(memory().numTensors).toBe(before);
    await rewrite(path, (tensors) => {
      tensors['base_model.model.other.lora_A.weight'] = zeros([2, 4]);
      tensors['base_model.model.other.lora_B.weight'] = zeros([4, 2]);
    });
    const counted = memory().numTensors;
    await expect(pretrained(path)).rejects.toThrow(/no layer "other"/);
    expect(memory().numTensors).toBe(counted);
  });

  it.each<[Json, RegExp]>([
    [{ peft_type: 'IA3' }, /"peft_type".*"LORA".*got IA3/],
    [{ use_dora: true }, /"use_dora".*not supported.*merge_and_unload/],
    [{ bias: 'all' }, /"bias"/],
    [{ modules_to_save: ['logit_scale'] }, /"modules_to_save"/],
    [{ fan_in_fan_out: true }, /"fan_in_fan_out"/],
    [{ base_model_name_or_path: null }, /does not say which model/],
    [{ base_model_name_or_path: '/nowhere/clip' }, /no such file or folder/],
    [{ lora_alpha: 'much' }, /"lora_alpha" is no number/],
    [{ alpha_pattern: { '.*q_proj': 3 } }, /"alpha_pattern" has a pattern/],
  ])('refuses %j', async (change, message) => {
    await expect(pretrained(await adapterOver('clip', 'clip-lora', change))).rejects.toThrow(
      message,
    );
  });

  it.each<[string, (tensors: Json) => void, RegExp]>([
    ['of another kind', (t) => (t['base_model.model.x.lora_embedding_A'] = zeros([2, 2])), /kind/],
    [
      'without its counterpart',
      (t) =>
        delete t['base_model.model.vision_model.encoder.layers.0.self_attn.q_proj.lora_B.weight'],
      /two matrices of "vision_model.*none/,
    ],
    [
      'of another shape',
      (t) => {
        const layer = 'base_model.model.vision_model.encoder.layers.0.self_attn.q_proj';
        t[`${layer}.lora_B.weight`] = tensor2d([[1, 2]]);
      },
      /another shape than its layer.*\[16, 16\].*\[1, 16\]/,
    ],
  ])('refuses a matrix %s', async (_, change, message) => {
    const path = await adapterOver('clip', 'clip-lora');
    await rewrite(path, change);
    await expect(pretrained(path)).rejects.toThrow(message);
  });
});
