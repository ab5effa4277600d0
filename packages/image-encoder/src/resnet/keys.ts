import { keyMap } from '@crossweave/checkpoints';

/** torchvision's `ResNet`, whose names we use; the classifier is dropped. */
export const torchvisionResNetKeys = keyMap('torchvision ResNet', {
  rules: { '**': '**' },
  drops: ['fc.'],
});
