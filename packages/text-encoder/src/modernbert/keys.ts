import { keyMap } from '@crossweave/checkpoints';

/**
 * Hugging Face's `ModernBertModel`, alone or as the part `model.` of a model with a head. We use its
 * names; heads are dropped.
 */
export const huggingFaceModernBertKeys = keyMap('Hugging Face ModernBERT', {
  rules: {
    'embeddings.**': 'embeddings.**',
    'layers.**': 'layers.**',
    'final_norm.weight': 'final_norm.weight',
  },
  drops: ['head.', 'decoder.', 'classifier.'],
  prefixes: ['model.'],
});
