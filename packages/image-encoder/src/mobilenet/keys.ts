import { keyMap } from '@crossweave/checkpoints';

/** torchvision's `MobileNetV3`, whose names we use; the classifier is dropped. */
export const torchvisionMobileNetV3Keys = keyMap('torchvision MobileNetV3', {
  rules: { 'features.**': 'features.**' },
  drops: ['classifier.'],
});
