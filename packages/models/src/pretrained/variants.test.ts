import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { scalar } from '@tensorflow/tfjs-core';
import { disposeParams, withPrefix } from '@crossweave/core';
import { loadCheckpoint, saveCheckpoint } from '@crossweave/checkpoints/node';
import { describe, expect, it } from 'vitest';
import { pretrained } from './pretrained';
import { change, copiesOfFixtures, type Json } from './copies.testing';

const { copyOf } = copiesOfFixtures();

describe('takes checkpoints as people have them', () => {
  it.each(['module.', '_orig_mod.', 'module._orig_mod.', 'base_model.model.'])(
    'with %s before all names',
    async (prefix) => {
      const path = await copyOf('clip');
      const weights = join(path, 'model.safetensors');
      const { params } = await loadCheckpoint(weights);
      await saveCheckpoint(weights, withPrefix(prefix, params));
      disposeParams(params);
      using model = await pretrained(path);
      expect(Object.hasOwn(model.params, 'fusion.logit_scale')).toBe(true);
    },
  );

  it('in shards', async () => {
    const path = await copyOf('siglip');
    const weights = join(path, 'model.safetensors');
    const { params } = await loadCheckpoint(weights);
    await rm(weights);
    await saveCheckpoint(weights, params, { shardBytes: 8000 });
    disposeParams(params);
    using model = await pretrained(path);
    expect(model.params['fusion.logit_scale']!.shape).toEqual([]);
  });

  it.each<[string, string, Json, number]>([
    ['sentence-bert', 'sentence_bert_config.json', { max_seq_length: 6, do_lower_case: true }, 6],
    ['sentence-bert', 'sentence_bert_config.json', { max_seq_length: null }, 24],
    ['sentence-bert', 'tokenizer_config.json', { model_max_length: 9 }, 9],
    ['clip', 'tokenizer_config.json', { model_max_length: 1e30 }, 16],
    ['clip', 'tokenizer_config.json', { model_max_length: 8 }, 8],
  ])('cutting texts of %s where the original does: %s', async (name, file, said, length) => {
    const path = await copyOf(name);
    await writeFile(join(path, file), '{}', { flag: 'wx' }).catch(() => undefined);
    await change(join(path, file), (config) => Object.assign(config, said));
    using model = await pretrained(path);
    expect(model.text!.maxTokens).toBe(length);
    using asked = await pretrained(path, { maxTokens: 10 });
    expect(asked.text!.maxTokens).toBe(10);
  });

  it('with a text before every text, which is told', async () => {
    const path = await copyOf('sentence-bert');
    const said = { prompts: { query: 'query: ', document: '' }, default_prompt_name: 'query' };
    const file = join(path, 'config_sentence_transformers.json');
    await writeFile(file, JSON.stringify(said));
    using model = await pretrained(path);
    expect(model.notes).toEqual([expect.stringMatching(/puts "query: " before every text/)]);
    await writeFile(file, JSON.stringify({ ...said, default_prompt_name: null }));
    using plain = await pretrained(path);
    expect(plain.notes).toEqual([]);
  });

  it('with a trained scale above 100, which is not clamped', async () => {
    const path = await copyOf('clip');
    const weights = join(path, 'model.safetensors');
    const { params } = await loadCheckpoint(weights);
    const hot = scalar(4.8);
    await saveCheckpoint(weights, { ...params, logit_scale: hot });
    disposeParams({ ...params, hot });
    using model = await pretrained(path);
    expect(model.fusion!.part.options).toMatchObject({ clampScale: false });
  });
});
