import { keyMap } from '@crossweave/checkpoints';

const parts = ['embeddings.**', 'encoder.**', 'post_layernorm.*', 'head.**'];

/**
 * Hugging Face's `SiglipVisionModel`, or the vision tower of a whole `SiglipModel`: the names are
 * ours; the text tower, temperature, bias and stored indices are dropped.
 */
export const huggingFaceSiglipViTKeys = keyMap('Hugging Face SigLIP vision tower', {
  rules: Object.fromEntries(parts.map((part) => [`vision_model.${part}`, `vision_model.${part}`])),
  drops: ['text_model.', 'logit_scale', 'logit_bias', 'vision_model.embeddings.position_ids'],
});
