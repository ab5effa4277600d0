import { keyMap } from '@crossweave/checkpoints';

/** torchvision's `MobileNetV3`: the names are ours; its classifier is dropped. */
export const torchvisionMobileNetV3Keys = keyMap('torchvision MobileNetV3', {
  rules: { 'features.**': 'features.**' },
  drops: ['classifier.'],
});
