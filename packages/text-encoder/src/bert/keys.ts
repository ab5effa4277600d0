import { keyMap } from '@crossweave/checkpoints';

/**
 * The parameter names of layer norms in transformers, and in checkpoints that were converted from
 * TensorFlow.
 */
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
 * Hugging Face's `BertModel`, alone or as the part `bert.` of a model with a head. We use its
 * names; heads and stored indices are dropped. `pooler.dense.*` is kept: load it into an encoder
 * with a different pooling with `ignoreUnexpected: ['pooler']`.
 */
export const huggingFaceBertKeys = keyMap('Hugging Face BERT', {
  rules: { ...norms, ...parts, ...pooler },
  drops: ['cls.', 'classifier.', 'qa_outputs.', indices],
  prefixes: ['bert.'],
});

/** As {@link huggingFaceBertKeys}, for `RobertaModel` and `XLMRobertaModel` (`roberta.`). */
export const huggingFaceRobertaKeys = keyMap('Hugging Face RoBERTa', {
  rules: { ...parts, ...pooler },
  drops: ['lm_head.', 'classifier.', 'qa_outputs.', indices],
  prefixes: ['roberta.'],
});

/**
 * As {@link huggingFaceBertKeys}, for `DistilBertModel` (`distilbert.`), which has no pooling
 * layer.
 */
export const huggingFaceDistilBertKeys = keyMap('Hugging Face DistilBERT', {
  rules: { 'embeddings.**': 'embeddings.**', 'transformer.**': 'transformer.**' },
  drops: [
    ...['vocab_transform.', 'vocab_layer_norm.', 'vocab_projector.', 'pre_classifier.'],
    ...['classifier.', 'qa_outputs.', indices],
  ],
  prefixes: ['distilbert.'],
});
