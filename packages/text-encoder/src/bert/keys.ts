import { keyMap } from '@crossweave/checkpoints';

/** Norms as transformers writes them, and as checkpoints that came from TensorFlow have them. */
const norms = {
  '**.LayerNorm.weight': '**.LayerNorm.weight',
  '**.LayerNorm.bias': '**.LayerNorm.bias',
  '**.LayerNorm.gamma': '**.LayerNorm.weight',
  '**.LayerNorm.beta': '**.LayerNorm.bias',
};

const parts = { 'embeddings.**': 'embeddings.**', 'encoder.**': 'encoder.**' };
const pooler = { 'pooler.dense.*': 'pooler.dense.*' };
const indices = 'embeddings.position_ids';

/**
 * Hugging Face's `BertModel`, alone or as the `bert.` of a model with a head: the names are ours;
 * heads and stored indices are dropped. `pooler.dense.*` is kept: an encoder of another pooling
 * loads with `ignoreUnexpected: ['pooler']`.
 */
export const huggingFaceBertKeys = keyMap('Hugging Face BERT', {
  rules: { ...norms, ...parts, ...pooler },
  drops: ['cls.', 'classifier.', 'qa_outputs.', indices],
  prefixes: ['bert.'],
});

/** The same of `RobertaModel` and `XLMRobertaModel` (`roberta.`). */
export const huggingFaceRobertaKeys = keyMap('Hugging Face RoBERTa', {
  rules: { ...parts, ...pooler },
  drops: ['lm_head.', 'classifier.', 'qa_outputs.', indices],
  prefixes: ['roberta.'],
});

/** The same of `DistilBertModel` (`distilbert.`), which has no pooling layer. */
export const huggingFaceDistilBertKeys = keyMap('Hugging Face DistilBERT', {
  rules: { 'embeddings.**': 'embeddings.**', 'transformer.**': 'transformer.**' },
  drops: [
    ...['vocab_transform.', 'vocab_layer_norm.', 'vocab_projector.', 'pre_classifier.'],
    ...['classifier.', 'qa_outputs.', indices],
  ],
  prefixes: ['distilbert.'],
});
