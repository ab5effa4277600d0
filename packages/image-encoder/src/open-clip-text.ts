/**
 * Prefixes of the entries of a whole CLIP model of open_clip or OpenAI that do not belong to its
 * vision tower.
 */
export const openClipTextPaths: readonly string[] = [
  ...['transformer.', 'token_embedding.', 'positional_embedding', 'ln_final.', 'text.'],
  ...['text_projection', 'logit_scale', 'logit_bias', 'attn_mask'],
  // Numbers that OpenAI's files contain.
  ...['input_resolution', 'context_length', 'vocab_size'],
];
