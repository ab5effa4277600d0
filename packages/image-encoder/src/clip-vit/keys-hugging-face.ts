import { keyMap } from '@crossweave/core';

const tower = (part: string): Record<string, string> => ({
  [`vision_model.${part}`]: `vision_model.${part}`,
});
// A bare CLIPVisionModel that transformers 5 has saved has no `vision_model.`.
const bare = (part: string): Record<string, string> => ({ [part]: `vision_model.${part}` });

/**
 * Hugging Face's `CLIPVisionModelWithProjection`, `CLIPVisionModel` or the vision tower of a whole
 * `CLIPModel`: the names are ours; the text tower, the temperature and stored indices are dropped.
 */
export const huggingFaceClipViTKeys = keyMap('Hugging Face CLIP vision tower', {
  rules: {
    'visual_projection.weight': 'visual_projection.weight',
    ...Object.assign(
      {},
      ...['embeddings.**', 'pre_layrnorm.*', 'encoder.**', 'post_layernorm.*'].flatMap((part) => [
        tower(part),
        bare(part),
      ]),
    ),
  },
  drops: [
    ...['text_model.', 'text_projection.', 'logit_scale'],
    ...['vision_model.embeddings.position_ids', 'embeddings.position_ids'],
  ],
});
