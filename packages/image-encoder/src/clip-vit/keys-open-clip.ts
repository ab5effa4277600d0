import { keyMap } from '@crossweave/checkpoints';
import { openClipTextPaths } from '../open-clip-text';

const layer = 'vision_model.encoder.layers.*';

/**
 * open_clip's and OpenAI's CLIP with a ViT (`visual.*`), whose queries, keys and values are one
 * layer and whose projection is stored transposed; the text tower and the temperature are dropped.
 */
export const openClipViTKeys = keyMap('open_clip ViT', {
  rules: {
    'visual.class_embedding': 'vision_model.embeddings.class_embedding',
    'visual.positional_embedding': 'vision_model.embeddings.position_embedding.weight',
    'visual.conv1.weight': 'vision_model.embeddings.patch_embedding.weight',
    'visual.ln_pre.*': 'vision_model.pre_layrnorm.*',
    'visual.transformer.resblocks.*.ln_1.*': `${layer}.layer_norm1.*`,
    'visual.transformer.resblocks.*.attn.in_proj_*': ['q', 'k', 'v'].map(
      (name) => `${layer}.self_attn.${name}_proj.*`,
    ),
    'visual.transformer.resblocks.*.attn.out_proj.*': `${layer}.self_attn.out_proj.*`,
    'visual.transformer.resblocks.*.ln_2.*': `${layer}.layer_norm2.*`,
    'visual.transformer.resblocks.*.mlp.c_fc.*': `${layer}.mlp.fc1.*`,
    'visual.transformer.resblocks.*.mlp.c_proj.*': `${layer}.mlp.fc2.*`,
    'visual.ln_post.*': 'vision_model.post_layernorm.*',
    'visual.proj': { transposed: 'visual_projection.weight' },
  },
  drops: openClipTextPaths,
});
