import { keyMap } from '@crossweave/checkpoints';

const parts = ['embeddings.**', 'encoder.**', 'final_layer_norm.*', 'head.*'];

/**
 * Hugging Face's `SiglipTextModel`, or the text tower of a whole `SiglipModel`: the names are ours;
 * the vision tower, temperature, bias and stored indices are dropped.
 */
export const huggingFaceSiglipTextKeys = keyMap('Hugging Face SigLIP text tower', {
  rules: Object.fromEntries(parts.map((part) => [`text_model.${part}`, `text_model.${part}`])),
  drops: ['vision_model.', 'logit_scale', 'logit_bias', 'text_model.embeddings.position_ids'],
});
