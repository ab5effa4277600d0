import { keyMap } from '@crossweave/checkpoints';

const parts = ['embeddings.**', 'pre_layrnorm.*', 'encoder.**', 'post_layernorm.*'];

/**
 * Hugging Face's `CLIPVisionModelWithProjection`, `CLIPVisionModel` or the vision tower of a whole
 * `CLIPModel`: the names are ours; the text tower, the temperature and stored indices are dropped.
 */
export const huggingFaceClipViTKeys = keyMap('Hugging Face CLIP vision tower', {
  rules: {
    'visual_projection.weight': 'visual_projection.weight',
    ...Object.fromEntries(
      parts.flatMap((part) => [
        [`vision_model.${part}`, `vision_model.${part}`],
        // A bare CLIPVisionModel that transformers 5 has saved.
        [part, `vision_model.${part}`],
      ]),
    ),
  },
  drops: [
    ...['text_model.', 'text_projection.', 'logit_scale'],
    ...['vision_model.embeddings.position_ids', 'embeddings.position_ids'],
  ],
});
