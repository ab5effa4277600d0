import { keyMap } from '@crossweave/checkpoints';

/**
 * Hugging Face's `ViTModel`, alone or as the `vit.` of a classifier: the names are ours; pooling
 * layer, classifier and the mask token of masked modelling are dropped.
 */
export const huggingFaceViTKeys = keyMap('Hugging Face ViT', {
  rules: {
    'embeddings.**': 'embeddings.**',
    'encoder.**': 'encoder.**',
    'layernorm.*': 'layernorm.*',
  },
  drops: ['pooler.', 'classifier.', 'embeddings.mask_token'],
  prefixes: ['vit.'],
});
