import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { clipResNet } from './clip-resnet/presets';
import { clipVit } from './clip-vit/presets';
import { mobileNetV3 } from './mobilenet/presets';
import { resnet } from './resnet/presets';
import { vit } from './vit/presets';

/** By the file of fixtures, families whose fixtures have parameters of our names. */
export const families: Readonly<Record<string, (options: object) => LayeredEncoder<Tensor4D>>> = {
  'resnet-basic': resnet,
  'resnet-bottleneck': resnet,
  mobilenet: mobileNetV3,
  vit,
  'clip-vit': clipVit,
  'clip-resnet': clipResNet,
};
