import { keyMap } from '@crossweave/checkpoints';

const parts = ['embeddings.**', 'encoder.**', 'final_layer_norm.*'];

/**
 * Hugging Face's `CLIPTextModelWithProjection`, `CLIPTextModel` or the text tower of a whole
 * `CLIPModel`: the names are ours; the vision tower, the temperature and stored indices are dropped.
 */
export const huggingFaceClipTextKeys = keyMap('Hugging Face CLIP text tower', {
  rules: {
    'text_projection.weight': 'text_projection.weight',
    ...Object.fromEntries(
      parts.flatMap((part) => [
        [`text_model.${part}`, `text_model.${part}`],
        // A bare CLIPTextModel that transformers 5 has saved.
        [part, `text_model.${part}`],
      ]),
    ),
  },
  drops: [
    ...['vision_model.', 'visual_projection.', 'logit_scale'],
    ...['text_model.embeddings.position_ids', 'embeddings.position_ids'],
  ],
});
