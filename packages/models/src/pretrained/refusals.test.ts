import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, FileFormatError, StateDictError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { fixture } from './fixtures.testing';
import { pretrained } from './pretrained';
import { change, copiesOfFixtures, type Json } from './copies.testing';

const { copyOf, folder } = copiesOfFixtures();

const inner = (config: Json, name: string): Json => config[name] as Json;

describe('refuses what does not fit, naming both sides', () => {
  it.each<[string, string, (path: string) => Promise<void>, RegExp, unknown]>([
    [
      'a checkpoint without its tokenizer',
      'clip',
      (path) => rm(join(path, 'tokenizer.json')),
      /the tokenizer of the weights is not there.*tokenizer\.json/,
      DataError,
    ],
    [
      'a tokenizer of far fewer ids than the word table has rows',
      'sentence-bert',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          config['vocab_size'] = 30522;
        }),
      /weights belong to a different tokenizer.*about 30522 ids.*got \d+ ids/,
      ConfigError,
    ],
    [
      'a tokenizer of more ids than the word table has rows',
      'clip',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          inner(config, 'text_config')['vocab_size'] = 51;
        }),
      /fewer rows than the tokenizer has ids/,
      ConfigError,
    ],
    [
      'an end of text that is not the tokenizer’s',
      'clip',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          inner(config, 'text_config')['eos_token_id'] = 5;
        }),
      /"endOfText" contradicts the tokenizer.*50.*got 5/,
      ConfigError,
    ],
    [
      'the mistaken end of text where the largest id is another token',
      'clip',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          inner(config, 'text_config')['eos_token_id'] = 2;
        }),
      /is "largest", and the end token of the tokenizer is not its largest id/,
      ConfigError,
    ],
    [
      'a projection of another width than the config’s',
      'clip',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          config['projection_dim'] = 7;
        }),
      /"visual_projection\.weight" is not of the width of the config.*7 rows.*got \[8, 16\]/,
      StateDictError,
    ],
    [
      'a tokenizer that keeps the end of long texts',
      'clip',
      (path) =>
        change(join(path, 'tokenizer_config.json'), (config) => {
          config['truncation_side'] = 'left';
        }),
      /keeps the end of a text that is too long.*right.*got left/,
      ConfigError,
    ],
    [
      'a tokenizer whose own file keeps the end of long texts',
      'sentence-bert',
      (path) =>
        change(join(path, 'tokenizer.json'), (config) => {
          config['truncation'] = { direction: 'Left', max_length: 9, strategy: 'LongestFirst' };
        }),
      /keeps the end of a text that is too long.*right.*got left/,
      ConfigError,
    ],
    [
      'small letters that sentence-transformers makes, before a tokenizer that reads capitals',
      'sentence-bert',
      async (path) => {
        const asks = { max_seq_length: 16, do_lower_case: true };
        await writeFile(join(path, 'sentence_bert_config.json'), JSON.stringify(asks));
        await change(join(path, 'tokenizer.json'), (config) => {
          config['normalizer'] = null;
        });
      },
      /small letters before its tokenizer reads them.*"do_lower_case": false/,
      ConfigError,
    ],
    [
      'a length of sentence-transformers that is no number of tokens',
      'sentence-bert',
      (path) => writeFile(join(path, 'sentence_bert_config.json'), '{"max_seq_length":"16"}'),
      /"max_seq_length" is no number of tokens.*got "?16/,
      ConfigError,
    ],
    [
      'pictures of another size than the positions',
      'vit',
      (path) =>
        change(join(path, 'preprocessor_config.json'), (config) => {
          config['size'] = { height: 48, width: 48 };
        }),
      /another size than the positions.*32×32 pixels, as config\.json.*got 48×48, as preprocessor/,
      ConfigError,
    ],
    [
      'a checkpoint without a word of its pictures',
      'resnet',
      (path) => rm(join(path, 'preprocessor_config.json')),
      /does not say how its pictures are prepared.*preprocessor_config\.json/,
      ConfigError,
    ],
    [
      'a config with fewer layers than the weights',
      'siglip',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          inner(config, 'vision_config')['num_hidden_layers'] = 1;
        }),
      /does not fit the model/,
      StateDictError,
    ],
    [
      'a model type that is not known',
      'vit',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          config['model_type'] = 'swin';
        }),
      /no checkpoint of a kind that is known.*"clip".*got .*swin/,
      ConfigError,
    ],
    [
      'a setting that changes the model',
      'clip',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          inner(config, 'vision_config')['layer_scale'] = 0.1;
        }),
      /settings that this encoder does not support: layer_scale/,
      ConfigError,
    ],
    [
      'an architecture of timm that is not known',
      'timm-vit',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          config['architecture'] = 'vit_base_patch16_siglip_224';
        }),
      /architecture of timm is not supported.*vit_SIZE_patchP_S.*got vit_base_patch16_siglip_224/,
      ConfigError,
    ],
    [
      'an argument of timm that changes the model',
      'timm-vit',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          inner(config, 'model_args')['qk_norm'] = true;
        }),
      /"model_args".*settings that this encoder does not support: qk_norm/,
      ConfigError,
    ],
    [
      'a pooling of timm that has a norm of its own',
      'timm-vit',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          config['global_pool'] = 'avg';
        }),
      /"global_pool".*token.*got "?avg/,
      ConfigError,
    ],
    [
      'weights of another architecture than timm’s config names',
      'timm-resnet',
      (path) =>
        change(join(path, 'config.json'), (config) => {
          config['architecture'] = 'vit_tiny_patch16_224';
          delete config['model_args'];
          delete config['global_pool'];
        }),
      /patch_embed\.proj\.weight: the weights are not those of the architecture.*got none/,
      ConfigError,
    ],
    [
      'an open_clip tower that is timm’s',
      'open-clip',
      (path) =>
        change(join(path, 'open_clip_config.json'), (config) => {
          inner(inner(config, 'model_cfg'), 'vision_cfg')['timm_model_name'] = 'vit_base';
        }),
      /tower of timm is not supported; expected fastvit_mci0.*got vit_base/,
      ConfigError,
    ],
    [
      'open_clip weights without their config',
      'open-clip',
      (path) => rm(join(path, 'open_clip_config.json')),
      /weights are open_clip.*open_clip_config\.json/,
      ConfigError,
    ],
    [
      'a step of sentence-transformers without a counterpart',
      'sentence-bert',
      (path) =>
        writeFile(join(path, 'modules.json'), '[{"type":"a.Transformer"},{"type":"a.Dense"}]'),
      /a step after the transformer is not supported.*got Dense/,
      ConfigError,
    ],
    [
      'a PyTorch file',
      'open-clip',
      async (path) => {
        await rm(join(path, 'open_clip_model.safetensors'));
        await writeFile(join(path, 'open_clip_pytorch_model.bin'), 'x');
      },
      /only PyTorch files.*Convert the file/,
      FileFormatError,
    ],
  ])('%s', async (_what, name, spoil, message, kind) => {
    const path = await copyOf(name);
    await spoil(path);
    const before = memory().numTensors;
    const loading = pretrained(path);
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(kind);
    expect(memory().numTensors).toBe(before);
  });

  it('options that have no part', async () => {
    const long = pretrained(fixture('clip'), { maxTokens: 17 });
    await expect(long).rejects.toThrow(/more than the checkpoint has positions for.*16.*got 17/);
    const lost = pretrained(fixture('vit'), { maxTokens: 8 });
    await expect(lost).rejects.toThrow(/"maxTokens" is of no use.*no text tower/);
    const odd = pretrained(fixture('vit'), { imageSize: 33 });
    await expect(odd).rejects.toThrow(/not a multiple of "patchSize"/);
  });

  it('a name that is nowhere', async () => {
    const nowhere = pretrained('org/none', { cacheFolder: folder() });
    await expect(nowhere).rejects.toThrow(/no such model in a cache/);
  });
});
