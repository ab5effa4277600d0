import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import type { ConvolutionActivation } from './activations';
import { buildMobileNetV3 } from './mobilenet';
import { mobileNetV3Settings, type InvertedResidual, type MobileNetV3Options } from './options';

const row = (
  kernel: number,
  expanded: number,
  out: number,
  squeeze: boolean,
  activation: ConvolutionActivation,
  stride: number,
): InvertedResidual => ({ kernel, expanded, out, squeeze, activation, stride });

const small = {
  imageSize: 224,
  stemWidth: 16,
  blocks: [
    row(3, 16, 16, true, 'relu', 2),
    row(3, 72, 24, false, 'relu', 2),
    row(3, 88, 24, false, 'relu', 1),
    row(5, 96, 40, true, 'hardSwish', 2),
    row(5, 240, 40, true, 'hardSwish', 1),
    row(5, 240, 40, true, 'hardSwish', 1),
    row(5, 120, 48, true, 'hardSwish', 1),
    row(5, 144, 48, true, 'hardSwish', 1),
    row(5, 288, 96, true, 'hardSwish', 2),
    row(5, 576, 96, true, 'hardSwish', 1),
    row(5, 576, 96, true, 'hardSwish', 1),
  ],
} as const;

/**
 * A MobileNetV3 with any blocks and torchvision's parameter names. The defaults are those of
 * MobileNetV3-small.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function mobileNetV3(options: MobileNetV3Options = {}): LayeredEncoder<Tensor4D> {
  const settings = mobileNetV3Settings('mobileNetV3', options, small);
  const { blocks } = settings;
  return buildMobileNetV3('mobileNetV3', `mobilenet-v3(${blocks.length} blocks)`, settings);
}

/** torchvision's `mobilenet_v3_small`: 224×224 pictures → 49 tokens of width 576. */
export function mobileNetV3Small(options: MobileNetV3Options = {}): LayeredEncoder<Tensor4D> {
  const settings = mobileNetV3Settings('mobileNetV3Small', options, small);
  return buildMobileNetV3('mobileNetV3Small', 'mobilenet-v3(small)', settings);
}
