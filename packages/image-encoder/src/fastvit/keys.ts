import { keyMap } from '@crossweave/checkpoints';

/** timm's `FastVit`, whose names we use, alone or as the `visual.trunk.` of open_clip's MobileCLIP. */
export const timmFastVitKeys = keyMap('timm FastViT', {
  rules: {
    'stem.**': 'stem.**',
    'stages.**': 'stages.**',
    'final_conv.**': 'final_conv.**',
    'head.fc.*': 'head.fc.*',
  },
  drops: ['text.', 'logit_scale', 'logit_bias'],
  prefixes: ['visual.trunk.'],
});
