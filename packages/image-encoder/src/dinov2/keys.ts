import { keyMap } from '@crossweave/checkpoints';

/**
 * Hugging Face's `Dinov2Model` and `Dinov2WithRegistersModel`, alone or as a part of a classifier. We
 * use their names. The classifier and the mask token of training are dropped.
 */
export const huggingFaceDinov2Keys = keyMap('Hugging Face DINOv2', {
  rules: {
    'embeddings.**': 'embeddings.**',
    'encoder.**': 'encoder.**',
    'layernorm.*': 'layernorm.*',
  },
  drops: ['classifier.', 'embeddings.mask_token'],
  prefixes: ['dinov2.', 'dinov2_with_registers.'],
});

/** timm's DINOv2 models (`vit_base_patch14_dinov2`) without registers. */
export const timmDinov2Keys = keyMap('timm DINOv2', {
  rules: {
    cls_token: 'embeddings.cls_token',
    pos_embed: 'embeddings.position_embeddings',
    'patch_embed.proj.*': 'embeddings.patch_embeddings.projection.*',
    'blocks.*.norm1.*': 'encoder.layer.*.norm1.*',
    'blocks.*.attn.qkv.*': ['query', 'key', 'value'].map(
      (name) => `encoder.layer.*.attention.attention.${name}.*`,
    ),
    'blocks.*.attn.proj.*': 'encoder.layer.*.attention.output.dense.*',
    'blocks.*.ls1.gamma': 'encoder.layer.*.layer_scale1.lambda1',
    'blocks.*.norm2.*': 'encoder.layer.*.norm2.*',
    'blocks.*.mlp.fc1.*': 'encoder.layer.*.mlp.fc1.*',
    'blocks.*.mlp.fc2.*': 'encoder.layer.*.mlp.fc2.*',
    'blocks.*.ls2.gamma': 'encoder.layer.*.layer_scale2.lambda1',
    'norm.*': 'layernorm.*',
  },
  drops: ['head.'],
});
