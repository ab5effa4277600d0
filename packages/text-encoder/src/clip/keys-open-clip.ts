import { keyMap } from '@crossweave/checkpoints';

const layer = 'text_model.encoder.layers.*';
const projections = (leaf: string): string[] =>
  ['q', 'k', 'v'].map((name) => `${layer}.self_attn.${name}_proj.${leaf}`);

/**
 * The text tower of an open_clip or OpenAI checkpoint, which holds the image tower beside it:
 * `CLIP` (bare paths) or `CustomTextCLIP` (paths under `text.`).
 */
export const openClipTextKeys = keyMap('open_clip text tower', {
  rules: {
    'token_embedding.weight': 'text_model.embeddings.token_embedding.weight',
    positional_embedding: 'text_model.embeddings.position_embedding.weight',
    'transformer.resblocks.*.attn.in_proj_weight': projections('weight'),
    'transformer.resblocks.*.attn.in_proj_bias': projections('bias'),
    'transformer.resblocks.*.attn.out_proj.*': `${layer}.self_attn.out_proj.*`,
    'transformer.resblocks.*.ln_1.*': `${layer}.layer_norm1.*`,
    'transformer.resblocks.*.ln_2.*': `${layer}.layer_norm2.*`,
    'transformer.resblocks.*.mlp.c_fc.*': `${layer}.mlp.fc1.*`,
    'transformer.resblocks.*.mlp.c_proj.*': `${layer}.mlp.fc2.*`,
    'ln_final.*': 'text_model.final_layer_norm.*',
    text_projection: { transposed: 'text_projection.weight' },
  },
  drops: [
    'visual.',
    'logit_scale',
    'logit_bias',
    'attn_mask',
    'context_length',
    'vocab_size',
    'input_resolution',
  ],
  prefixes: ['text.'],
});
