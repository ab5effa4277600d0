import { expect, it } from 'vitest';
import type { JsonObject, ModelFiles } from '../model-files';
import { describeCheckpoint } from './index';

/** What transformers wrote into every config up to its version 4.20. */
const legacy = {
  ...{ _name_or_path: '', add_cross_attention: false, architectures: null, bad_words_ids: null },
  ...{
    chunk_size_feed_forward: 0,
    cross_attention_hidden_size: null,
    decoder_start_token_id: null,
  },
  ...{ diversity_penalty: 0, do_sample: false, early_stopping: false, finetuning_task: null },
  ...{ encoder_no_repeat_ngram_size: 0, forced_bos_token_id: null, forced_eos_token_id: null },
  ...{ id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 }, is_decoder: false, max_length: 20 },
  ...{ is_encoder_decoder: false, length_penalty: 1, min_length: 0, no_repeat_ngram_size: 0 },
  ...{ num_beam_groups: 1, num_beams: 1, num_return_sequences: 1, output_attentions: false },
  ...{ output_hidden_states: false, output_scores: false, prefix: null, problem_type: null },
  ...{ pruned_heads: {}, remove_invalid_values: false, repetition_penalty: 1, return_dict: true },
  ...{ return_dict_in_generate: false, sep_token_id: null, task_specific_params: null },
  ...{ temperature: 1, tie_encoder_decoder: false, tie_word_embeddings: true, top_k: 50, top_p: 1 },
  ...{ tokenizer_class: null, torch_dtype: null, torchscript: false, use_bfloat16: false },
  ...{ transformers_version: '4.16.0.dev0', typical_p: 1 },
};

/** `openai/clip-vit-base-patch32`'s. */
const openAI = {
  ...{ architectures: ['CLIPModel'], initializer_factor: 1, logit_scale_init_value: 2.6592 },
  ...{ model_type: 'clip', projection_dim: 512, text_config_dict: null, vision_config_dict: null },
  text_config: {
    ...legacy,
    ...{ attention_dropout: 0, bos_token_id: 0, dropout: 0, eos_token_id: 2, pad_token_id: 1 },
    ...{ hidden_act: 'quick_gelu', hidden_size: 512, initializer_factor: 1, layer_norm_eps: 1e-5 },
    ...{ initializer_range: 0.02, intermediate_size: 2048, max_position_embeddings: 77 },
    ...{ model_type: 'clip_text_model', num_attention_heads: 8, num_hidden_layers: 12 },
    ...{ projection_dim: 512, vocab_size: 49408 },
  },
  vision_config: {
    ...legacy,
    ...{
      attention_dropout: 0,
      bos_token_id: null,
      dropout: 0,
      eos_token_id: null,
      image_size: 224,
    },
    ...{ hidden_act: 'quick_gelu', hidden_size: 768, initializer_factor: 1, layer_norm_eps: 1e-5 },
    ...{ initializer_range: 0.02, intermediate_size: 3072, model_type: 'clip_vision_model' },
    ...{ num_attention_heads: 12, num_hidden_layers: 12, pad_token_id: null, patch_size: 32 },
    projection_dim: 512,
  },
};

const processor = { image_processor_type: 'CLIPImageProcessor', size: 224, crop_size: 224 };

function files(
  config: JsonObject | undefined,
  others: Readonly<Record<string, JsonObject>> = {},
  tensors: readonly string[] = ['x'],
): ModelFiles {
  const json = (name: string): Promise<JsonObject | undefined> => Promise.resolve(others[name]);
  const shapes = Object.fromEntries(tensors.map((name) => [name, [1]]));
  return { name: 'm', folder: 'm', weights: 'm/model.safetensors', tensors, shapes, config, json };
}

it('reads the configs that the models of the hub have', async () => {
  const pictures = { 'preprocessor_config.json': processor };
  expect(await describeCheckpoint(files(openAI, pictures))).toMatchObject({
    family: 'clip',
    image: { part: { options: { patchSize: 32, projection: false, activation: 'quickGelu' } } },
    text: { positions: 77, part: { options: { endOfText: 'largest', projection: false } } },
    fusion: { part: { options: { dim: 512 } } },
  });
  const siglip2 = {
    ...{ architectures: ['SiglipModel'], initializer_factor: 1, model_type: 'siglip' },
    text_config: {
      ...{ hidden_size: 768, model_type: 'siglip_text_model', vocab_size: 256000 },
      ...{ projection_size: 768, torch_dtype: 'float32' },
    },
    vision_config: { hidden_size: 768, model_type: 'siglip_vision_model', torch_dtype: 'float32' },
  };
  const found = await describeCheckpoint(files(siglip2));
  expect(found).toMatchObject({ family: 'siglip', text: { positions: 64 } });
  expect(found.text!.part.options).not.toHaveProperty('padTokenId');
  const resnet = {
    ...{
      architectures: ['ResNetForImageClassification'],
      depths: [3, 4, 6, 3],
      model_type: 'resnet',
    },
    ...{ downsample_in_first_stage: false, embedding_size: 64, hidden_act: 'relu' },
    ...{ hidden_sizes: [256, 512, 1024, 2048], layer_type: 'bottleneck', num_channels: 3 },
  };
  const { image } = await describeCheckpoint(files(resnet));
  expect(image!.part.options).toMatchObject({ widths: [64, 128, 256, 512], strides: [1, 2, 2, 2] });
});

it('takes the text tower’s pooling from sentence-transformers, and BERT’s own without it', async () => {
  const bert = { model_type: 'bert', architectures: ['BertModel'], hidden_size: 384 };
  const plain = await describeCheckpoint(files(bert));
  expect(plain.text!.part.options).not.toHaveProperty('pooling');
  const step = (type: string): JsonObject => ({ type: `sentence_transformers.models.${type}` });
  const e5 = await describeCheckpoint(
    files(bert, {
      'modules.json': { list: ['Transformer', 'Pooling'].map(step) },
      '1_Pooling/config.json': { pooling_mode_cls_token: true, word_embedding_dimension: 384 },
    }),
  );
  expect(e5.text!.part.options).toMatchObject({ pooling: 'cls', normalize: false });
  const roberta = { model_type: 'xlm-roberta', pad_token_id: 1 };
  const { text } = await describeCheckpoint(files(roberta));
  expect(text!.part.options).toMatchObject({ padTokenId: 1 });
});

it('goes by the names of the tensors where a repository holds two layouts', async () => {
  const config = {
    model_cfg: { vision_cfg: { image_size: 224 }, text_cfg: {} },
    preprocess_cfg: {},
  };
  const both = files(openAI, { 'open_clip_config.json': config }, ['visual.proj', 'ln_final.bias']);
  expect(await describeCheckpoint(both)).toMatchObject({
    family: 'open-clip',
    text: { part: { options: { endOfText: 'largest', activation: 'gelu' } } },
  });
  await expect(describeCheckpoint(files(undefined))).rejects.toThrow(/got no config\.json/);
});
