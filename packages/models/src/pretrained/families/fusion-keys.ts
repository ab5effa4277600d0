import { keyMap, type KeyMap, type KeyRule } from '@crossweave/checkpoints';

/** A key map that takes what `rules` name of a whole model, and leaves the rest to the towers. */
function onlyKeys(name: string, rules: Readonly<Record<string, KeyRule>>): KeyMap {
  const map = keyMap(name, { rules });
  return { ...map, toOurs: (path) => map.toOurs(path) ?? [] };
}

const scalars = { logit_scale: 'logit_scale', logit_bias: 'logit_bias' };

/** Of Hugging Face's `CLIPModel` and `SiglipModel`. */
export const huggingFaceFusionKeys = onlyKeys('Hugging Face dual encoder', {
  'visual_projection.weight': 'visual_projection.weight',
  'text_projection.weight': 'text_projection.weight',
  ...scalars,
});

/** Of open_clip's `CLIP` and `CustomTextCLIP`, which store projections transposed. */
export const openClipFusionKeys = onlyKeys('open_clip dual encoder', {
  'visual.proj': { transposed: 'visual_projection.weight' },
  text_projection: { transposed: 'text_projection.weight' },
  'text.text_projection': { transposed: 'text_projection.weight' },
  ...scalars,
});
