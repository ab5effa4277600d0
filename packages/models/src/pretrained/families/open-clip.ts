import { ConfigError } from '@crossweave/core';
import { checkpointPreprocessing } from '@crossweave/data';
import { openClipViTKeys } from '@crossweave/image-encoder';
import { openClipTextKeys, readConfig, type ConfigReader } from '@crossweave/text-encoder';
import type { JsonObject, ModelFiles } from '../model-files';
import type { PartConfig } from '../types';
import type { Description, Family } from './description';
import { openClipFusionKeys } from './fusion-keys';
import { mobileClipTower } from './mobile-clip';

const file = 'open_clip_config.json';

/** open_clip's own layout: `CLIP` or `CustomTextCLIP` with a ViT of its own and its text transformer. */
export const openClip: Family = {
  reads: 'open_clip_config.json and weights under open_clip’s names',
  describe: async (files) => {
    // Repositories of open_clip's models hold Hugging Face's layout too.
    const isOpenClips = (name: string): boolean =>
      name.endsWith('visual.proj') || name.includes('visual.trunk.');
    if (!files.tensors.some(isOpenClips)) return undefined;
    const config = await files.json(file);
    if (config === undefined) {
      throw new ConfigError('the weights are open_clip’s, and their config is not there', {
        where: files.folder,
        expected: file,
        advice: 'Put the file of the same repository beside the weights.',
      });
    }
    return describeOpenClip(`${files.folder}/${file}`, config, files);
  },
};

function describeOpenClip(where: string, config: JsonObject, files: ModelFiles): Description {
  const read = readConfig(`${where}: "model_cfg"`, objectOf(where, config, 'model_cfg'));
  const dim = read.number('embed_dim', 512);
  const activation = read.raw('quick_gelu') === true ? 'quickGelu' : 'gelu';
  const vision = readConfig(
    `${where}: "vision_cfg"`,
    objectOf(where, { vision_cfg: read.raw('vision_cfg') }, 'vision_cfg'),
  );
  const text = readConfig(
    `${where}: "text_cfg"`,
    objectOf(where, { text_cfg: read.raw('text_cfg') }, 'text_cfg'),
  );
  for (const name of ['custom_text', 'init_logit_scale', 'init_logit_bias']) read.raw(name);
  read.finish();
  const preprocessing = checkpointPreprocessing(config, where);
  const [textPart, positions] = textPartOf(text, activation);
  const ofText = { keys: openClipTextKeys, positions };
  const trunk = vision.raw('timm_model_name') ?? '';
  if (trunk !== '') {
    // Its image tower projects itself, with a bias; so the text tower does, and the fusion has none.
    const projected = { ...textPart.options, projection: dim };
    return {
      family: 'mobile-clip',
      image: { ...mobileClipTower(vision, trunk, dim, files.shapes), preprocessing },
      text: { ...ofText, part: { ...textPart, options: projected } },
      fusion: {
        part: { name: 'dual-encoder', options: { dim, projection: 'none' } },
        keys: openClipFusionKeys,
      },
    };
  }
  const image = visionPart(vision, activation);
  return {
    family: 'open-clip',
    image: {
      part: image,
      keys: openClipViTKeys,
      ignoreUnexpected: ['visual.proj', 'visual_projection'],
      positionSize: Number(image.options['imageSize']),
      preprocessing,
    },
    text: { ...ofText, part: textPart, ignoreUnexpected: ['text_projection'] },
    fusion: { part: { name: 'dual-encoder', options: { dim } }, keys: openClipFusionKeys },
  };
}

function visionPart(read: ConfigReader, activation: string): PartConfig {
  for (const [name, value] of Object.entries({
    ...{ ls_init_value: null, attentional_pool: false, no_ln_pre: false },
    ...{ pos_embed_type: 'learnable', final_ln_after_pool: false, pool_type: 'tok' },
    ...{ block_type: 'default', qk_norm: false, scaled_cosine_attn: false, scale_heads: false },
    ...{ scale_attn_inner: false, scale_attn: false, scale_fc: false, act_kwargs: null },
  })) {
    read.only(name, value);
  }
  const dim = read.number('width', 768);
  const options = {
    imageSize: read.number('image_size', 224),
    patchSize: read.number('patch_size', 16),
    dim,
    layers: read.number('layers', 12),
    heads: dim / read.number('head_width', 64),
    hidden: dim * read.number('mlp_ratio', 4),
    activation,
    epsilon: epsilonOf(read),
    projection: false,
  };
  for (const name of ['patch_dropout', 'output_tokens', 'timm_model_pretrained']) read.raw(name);
  read.finish();
  return { name: 'clip-vit', options };
}

function textPartOf(read: ConfigReader, activation: string): [PartConfig, positions: number] {
  for (const [name, value] of Object.entries({
    ...{ hf_model_name: '', ls_init_value: null, embed_cls: false, use_pad_mask: false },
    ...{ final_ln_after_pool: false, proj_bias: false, proj_type: 'linear', act_kwargs: null },
    ...{ block_type: 'default', qk_norm: false, scaled_cosine_attn: false, scale_heads: false },
    ...{ scale_attn_inner: false, scale_attn: false, scale_fc: false },
  })) {
    read.only(name, value);
  }
  const pool = read.raw('pool_type') ?? 'argmax';
  const end = read.number('eos_id', 2);
  if (pool !== 'argmax' && pool !== 'eos') {
    throw new ConfigError('"pool_type" is not supported', {
      where: 'text_cfg',
      expected: '"argmax" or "eos"',
      got: pool,
    });
  }
  const dim = read.number('width', 512);
  const positions = read.number('context_length', 77);
  const options = {
    vocabulary: read.number('vocab_size', 49408),
    dim,
    layers: read.number('layers', 12),
    heads: read.number('heads', 8),
    hidden: dim * read.number('mlp_ratio', 4),
    maxPositions: positions,
    activation,
    epsilon: epsilonOf(read),
    endOfText: pool === 'eos' ? end : 'largest',
    projection: false,
    ...(read.raw('no_causal_mask') === true && {
      causal: false,
      padTokenId: read.number('pad_id', 0),
    }),
  };
  // Padding comes after the end of the text, which no token before it attends to.
  for (const name of ['pad_id', 'hf_tokenizer_name', 'tokenizer_mode', 'tokenizer_kwargs']) {
    read.raw(name);
  }
  for (const name of ['output_tokens', 'hf_model_pretrained', 'hf_proj_type', 'hf_pooler_type']) {
    read.raw(name);
  }
  read.finish();
  return [{ name: 'clip-text', options }, positions];
}

/** Of the layer norms: PyTorch's 1e-5 unless the config has another. */
function epsilonOf(read: ConfigReader): number {
  const norm = read.raw('norm_kwargs') as JsonObject | undefined;
  return typeof norm?.['eps'] === 'number' ? norm['eps'] : 1e-5;
}

function objectOf(where: string, config: JsonObject, name: string): JsonObject {
  const inner = config[name];
  if (typeof inner === 'object' && inner !== null) return inner as JsonObject;
  throw new ConfigError(`"${name}" is missing`, { where, expected: 'an object' });
}
