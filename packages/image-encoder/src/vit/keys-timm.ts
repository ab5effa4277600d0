import { keyMap } from '@crossweave/checkpoints';

/**
 * timm's `VisionTransformer` with a class token (`vit_base_patch16_224`), whose queries, keys and
 * values are one layer; its classifier is dropped. Its layer norms have `epsilon: 1e-6`.
 */
export const timmViTKeys = keyMap('timm ViT', {
  rules: {
    cls_token: 'embeddings.cls_token',
    pos_embed: 'embeddings.position_embeddings',
    'patch_embed.proj.*': 'embeddings.patch_embeddings.projection.*',
    'blocks.*.norm1.*': 'encoder.layer.*.layernorm_before.*',
    'blocks.*.attn.qkv.*': ['query', 'key', 'value'].map(
      (name) => `encoder.layer.*.attention.attention.${name}.*`,
    ),
    'blocks.*.attn.proj.*': 'encoder.layer.*.attention.output.dense.*',
    'blocks.*.norm2.*': 'encoder.layer.*.layernorm_after.*',
    'blocks.*.mlp.fc1.*': 'encoder.layer.*.intermediate.dense.*',
    'blocks.*.mlp.fc2.*': 'encoder.layer.*.output.dense.*',
    'norm.*': 'layernorm.*',
  },
  drops: ['head.'],
});
