import { keyMap } from '@crossweave/checkpoints';

/** Hugging Face's `DINOv3ViTModel`. We use its names. The mask token of training is dropped. */
export const huggingFaceDinov3Keys = keyMap('Hugging Face DINOv3', {
  rules: { 'embeddings.**': 'embeddings.**', 'layer.**': 'layer.**', 'norm.*': 'norm.*' },
  drops: ['embeddings.mask_token', 'classifier.'],
  prefixes: ['model.'],
});
