import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import type { ResNetOptions, ResNetPreset } from './options';
import { buildResNet } from './resnet';

const imagenet = {
  widths: [64, 128, 256, 512],
  stem: 'imagenet',
  imageSize: 224,
} as const;

const presets = {
  resnet18: { ...imagenet, block: 'basic', layers: [2, 2, 2, 2] },
  resnet34: { ...imagenet, block: 'basic', layers: [3, 4, 6, 3] },
  resnet50: { ...imagenet, block: 'bottleneck', layers: [3, 4, 6, 3] },
  resnet101: { ...imagenet, block: 'bottleneck', layers: [3, 4, 23, 3] },
  resnet152: { ...imagenet, block: 'bottleneck', layers: [3, 8, 36, 3] },
  resnetSmall: {
    block: 'basic',
    layers: [1, 1, 1],
    widths: [32, 64, 128],
    stem: 'small',
    stemStride: 2,
    imageSize: 64,
  },
} as const satisfies Record<string, ResNetPreset>;

type ResNetFactory = (options?: ResNetOptions) => LayeredEncoder<Tensor4D>;

const preset =
  (name: keyof typeof presets): ResNetFactory =>
  (options = {}) =>
    buildResNet(name, options, presets[name]);

/**
 * A ResNet of any depth and width, with torchvision's parameter names. The defaults are those of
 * ResNet-18.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export const resnet: ResNetFactory = (options = {}) =>
  buildResNet('resnet', options, presets.resnet18);

/** torchvision's `resnet18`: 224×224 pictures → 49 tokens of width 512. */
export const resnet18 = preset('resnet18');

/** torchvision's `resnet34`: 224×224 pictures → 49 tokens of width 512. */
export const resnet34 = preset('resnet34');

/** torchvision's `resnet50`: 224×224 pictures → 49 tokens of width 2048. */
export const resnet50 = preset('resnet50');

/** torchvision's `resnet101`: 224×224 pictures → 49 tokens of width 2048. */
export const resnet101 = preset('resnet101');

/** torchvision's `resnet152`: 224×224 pictures → 49 tokens of width 2048. */
export const resnet152 = preset('resnet152');

/**
 * For small pictures and training on a CPU: 64×64 → 64 tokens of width 128 (output stride 8),
 * one basic block per stage, about 0.3 million parameters.
 */
export const resnetSmall = preset('resnetSmall');
