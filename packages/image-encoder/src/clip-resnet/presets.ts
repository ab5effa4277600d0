import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { buildClipResNet } from './clip-resnet';
import type { ClipResNetOptions, ClipResNetPreset } from './options';

const rn50: ClipResNetPreset = {
  imageSize: 224,
  layers: [3, 4, 6, 3],
  widths: [64, 128, 256, 512],
  heads: 32,
  projection: 1024,
};

/**
 * CLIP's modified ResNet of any depth and width, with OpenAI's parameter names. The defaults are
 * those of RN50.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function clipResNet(options: ClipResNetOptions = {}): LayeredEncoder<Tensor4D> {
  return buildClipResNet('clipResNet', options, rn50);
}

/** OpenAI's RN50: 224×224 pictures → 49 tokens of width 1024. */
export function clipRN50(options: ClipResNetOptions = {}): LayeredEncoder<Tensor4D> {
  return buildClipResNet('clipRN50', options, rn50);
}
