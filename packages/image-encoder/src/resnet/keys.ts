import { keyMap } from '@crossweave/core';

/** torchvision's `ResNet`: the names are ours; its classifier is dropped. */
export const torchvisionResNetKeys = keyMap('torchvision ResNet', {
  rules: { '**': '**' },
  drops: ['fc.'],
});
