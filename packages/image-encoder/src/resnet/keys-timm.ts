import { keyMap } from '@crossweave/checkpoints';

/**
 * timm's `ResNet` (`resnet18` to `resnet152`), which has torchvision's names; its classifier is
 * dropped. Its variants with deeper stems or pooled shortcuts (`resnet50d`) are other networks.
 */
export const timmResNetKeys = keyMap('timm ResNet', {
  rules: {
    'conv1.weight': 'conv1.weight',
    'bn1.*': 'bn1.*',
    'layer*.*.conv*.weight': 'layer*.*.conv*.weight',
    'layer*.*.bn*.*': 'layer*.*.bn*.*',
    'layer*.*.downsample.*.*': 'layer*.*.downsample.*.*',
  },
  drops: ['fc.'],
});
