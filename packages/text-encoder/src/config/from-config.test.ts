import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import {
  bertFromConfig,
  clipTextFromConfig,
  distilbertFromConfig,
  robertaFromConfig,
  textEncoderFromConfig,
  textPartFromConfig,
} from './from-config';

/** As `config.json` of `sentence-transformers/all-MiniLM-L6-v2` has it. */
const miniLM = {
  _name_or_path: 'nreimers/MiniLM-L6-H384-uncased',
  architectures: ['BertModel'],
  attention_probs_dropout_prob: 0.1,
  gradient_checkpointing: false,
  hidden_act: 'gelu',
  hidden_dropout_prob: 0.1,
  hidden_size: 384,
  initializer_range: 0.02,
  intermediate_size: 1536,
  layer_norm_eps: 1e-12,
  max_position_embeddings: 512,
  model_type: 'bert',
  num_attention_heads: 12,
  num_hidden_layers: 6,
  pad_token_id: 0,
  position_embedding_type: 'absolute',
  transformers_version: '4.8.2',
  type_vocab_size: 2,
  use_cache: true,
  vocab_size: 30522,
};
const clip = {
  model_type: 'clip',
  projection_dim: 512,
  logit_scale_init_value: 2.6592,
  text_config: { hidden_size: 512, eos_token_id: 2, hidden_act: 'gelu', dropout: 0 },
  vision_config: {},
};

describe('textEncoderFromConfig', () => {
  it.each([
    [miniLM, { pooling: 'mean', normalize: true }, 'bert(6x384, mean, normalized)'],
    [{ model_type: 'distilbert', n_layers: 3 }, {}, 'distilbert(3x768, cls)'],
    [{ model_type: 'roberta', max_position_embeddings: 514 }, {}, 'roberta(12x768, cls)'],
    [{ model_type: 'xlm-roberta', vocab_size: 250002 }, {}, 'roberta(12x768, cls)'],
    [{ model_type: 'camembert' }, { pooling: 'mean' }, 'roberta(12x768, mean)'],
    [{ model_type: 'clip_text_model' }, {}, 'clip-text(12x512, eot)'],
    [clip, { pooling: 'mean' }, 'clip-text(12x512, mean)'],
    [{ ...clip, model_type: 'metaclip_2' }, {}, 'clip-text(12x512, eot)'],
    [{ model_type: 'siglip', text_config: {} }, {}, 'siglip-text(12x768, last)'],
  ] as const)('%j, %j', (config, options, name) => {
    expect(textEncoderFromConfig(config, options).name).toBe(name);
  });

  it('lists the known model types when it meets another', () => {
    expect(() => textEncoderFromConfig({ model_type: 'deberta-v2' })).toThrow(ConfigError);
    expect(() => textEncoderFromConfig({ model_type: 'deberta-v2' })).toThrow(
      /"model_type" is not known; expected one of bert, distilbert, .*siglip; got deberta-v2/,
    );
    expect(() => textEncoderFromConfig({})).toThrow(/one of bert.*/);
    expect(() => textEncoderFromConfig({ model_type: 'toString' })).toThrow(/got toString/);
  });

  it('checks options as the encoder itself does', () => {
    const misspelt: object = { poling: 'mean' };
    expect(() => textEncoderFromConfig(miniLM, misspelt)).toThrow(/"poling".*"pooling"/);
    expect(() => textEncoderFromConfig({ ...miniLM, num_attention_heads: 5 })).toThrow(
      /"heads" must divide "dim"/,
    );
  });
});

it('gives name and options as a config of ours has them', () => {
  expect(textPartFromConfig(miniLM)).toMatchObject({
    name: 'bert',
    options: { vocabulary: 30522, dim: 384, layers: 6, padTokenId: 0 },
  });
  // What early conversions of CLIP wrote by mistake is the id itself elsewhere.
  expect(textPartFromConfig(clip).options).toMatchObject({ endOfText: 'largest' });
  const metaclip = textPartFromConfig({ ...clip, model_type: 'metaclip_2' });
  expect(metaclip).toMatchObject({ name: 'clip-text', options: { endOfText: 2 } });
  expect(() => textPartFromConfig({ model_type: 'gpt2' })).toThrow(/one of bert, .*; got gpt2/);
});

describe('refuses what it cannot follow', () => {
  it.each([
    [
      { position_embedding_type: 'relative_key' },
      /"position_embedding_type" is not supported.*absolute.*relative_key/,
    ],
    [{ is_decoder: true }, /"is_decoder" is not supported/],
    [{ add_cross_attention: true }, /"add_cross_attention"/],
    [{ pruned_heads: { 0: [1] } }, /"pruned_heads"/],
    [{ hidden_act: 'silu' }, /"hidden_act".*"silu".*gelu_new/],
    [{ hidden_size: '384' }, /"hidden_size" is no number.*384/],
    [
      { feed_forward_type: 'geglu' },
      /settings this encoder does not know: feed_forward_type.*"ignore"/,
    ],
    [{ hiden_act: 'gelu' }, /hiden_act.*Did you mean "hidden_act"/],
  ] as const)('%j', (change, message) => {
    const make = () => bertFromConfig({ ...miniLM, ...change });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('unless you know that a setting is of no consequence', () => {
    const config = { ...miniLM, unsloth_version: '1' };
    expect(() => bertFromConfig(config)).toThrow(/unsloth_version/);
    expect(bertFromConfig(config, { ignore: ['unsloth_version'] }).name).toBe('bert(6x384, cls)');
  });

  it('what is no config', () => {
    expect(() => bertFromConfig(null as never)).toThrow(/the config is no object/);
    expect(() => bertFromConfig([] as never)).toThrow(/the config is no object/);
  });

  it('DistilBERT with a table of sines', () => {
    expect(() => distilbertFromConfig({ sinusoidal_pos_embds: true })).toThrow(
      /"sinusoidal_pos_embds" is not supported/,
    );
    expect(distilbertFromConfig({ sinusoidal_pos_embds: false }).features.dim).toBe(768);
  });
});

it("projects as CLIP's whole model and its projected tower do, and the bare tower does not", () => {
  expect(clipTextFromConfig({ ...clip, projection_dim: 1024 }).features.dim).toBe(1024);
  const alone = { model_type: 'clip_text_model', projection_dim: 1024 };
  expect(clipTextFromConfig(alone).features.dim).toBe(512);
  const architectures = ['CLIPTextModelWithProjection'];
  expect(clipTextFromConfig({ ...alone, architectures }).features.dim).toBe(1024);
});

it("takes RoBERTa's rows behind the padding id for positions", () => {
  expect(() => robertaFromConfig({ max_position_embeddings: 2 })).toThrow(/"maxPositions".*got 0/);
});

it('names the part of a CLIP config that is wrong', () => {
  const odd = { ...clip, text_config: { rope_theta: 1 } };
  expect(() => clipTextFromConfig(odd)).toThrow(/"text_config".*rope_theta/);
});
