import { keyMap } from '@crossweave/checkpoints';

/** torchvision's `ResNet`: the names are ours; its classifier is dropped. */
export const torchvisionResNetKeys = keyMap('torchvision ResNet', {
  rules: { '**': '**' },
  drops: ['fc.'],
});
