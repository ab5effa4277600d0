import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Encoder } from '@crossweave/core';
import type { ResNetOptions, ResNetPreset } from './options';
import { buildResNet } from './resnet';

const imagenet = {
  widths: [64, 128, 256, 512],
  stem: 'imagenet',
  imageSize: 224,
} as const;

const presets = {
  resnet18: { ...imagenet, block: 'basic', layers: [2, 2, 2, 2] },
  resnet50: { ...imagenet, block: 'bottleneck', layers: [3, 4, 6, 3] },
  resnetSmall: {
    block: 'basic',
    layers: [1, 1, 1],
    widths: [32, 64, 128],
    stem: 'small',
    stemStride: 2,
    imageSize: 64,
  },
} as const satisfies Record<string, ResNetPreset>;

/**
 * A ResNet of any depth and width, with torchvision's parameter names. The defaults are
 * ResNet-18's.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function resnet(options: ResNetOptions = {}): Encoder<Tensor4D> {
  return buildResNet('resnet', options, presets.resnet18);
}

/** torchvision's `resnet18`: 224×224 pictures → 49 tokens of width 512. */
export function resnet18(options: ResNetOptions = {}): Encoder<Tensor4D> {
  return buildResNet('resnet18', options, presets.resnet18);
}

/** torchvision's `resnet50`: 224×224 pictures → 49 tokens of width 2048. */
export function resnet50(options: ResNetOptions = {}): Encoder<Tensor4D> {
  return buildResNet('resnet50', options, presets.resnet50);
}

/**
 * For small pictures and training on a CPU: 64×64 → 64 tokens of width 128 (output stride 8),
 * one basic block per stage, about 0.3 million parameters.
 */
export function resnetSmall(options: ResNetOptions = {}): Encoder<Tensor4D> {
  return buildResNet('resnetSmall', options, presets.resnetSmall);
}
