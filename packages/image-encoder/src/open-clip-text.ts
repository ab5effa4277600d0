/** Beginnings of what a whole CLIP model of open_clip or OpenAI has besides its vision tower. */
export const openClipTextPaths: readonly string[] = [
  ...['transformer.', 'token_embedding.', 'positional_embedding', 'ln_final.', 'text.'],
  ...['text_projection', 'logit_scale', 'logit_bias', 'attn_mask'],
  // Numbers that OpenAI's own files hold.
  ...['input_resolution', 'context_length', 'vocab_size'],
];
