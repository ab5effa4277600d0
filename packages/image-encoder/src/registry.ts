import type { Tensor4D } from '@tensorflow/tfjs-core';
import { lookUp, type Encoder } from '@crossweave/core';
import { clipResNet, clipRN50 } from './clip-resnet/presets';
import { clipVit, clipVitB16, clipVitB32, clipVitL14 } from './clip-vit/presets';
import { mobileNetV3, mobileNetV3Small } from './mobilenet/presets';
import {
  resnet,
  resnet101,
  resnet152,
  resnet18,
  resnet34,
  resnet50,
  resnetSmall,
} from './resnet/presets';
import { vit, vitB16, vitB32, vitL16, vitS16, vitSmall, vitTi16 } from './vit/presets';

/** A table of image encoders whose options are checked when they are made, not by the compiler. */
export type ImageEncoderTable = Readonly<Record<string, (options?: never) => Encoder<Tensor4D>>>;

/**
 * The image encoders of this package by name, for configs and command lines. Extend it by
 * spreading: `{ ...imageEncoders, mine: myEncoder }`.
 */
export const imageEncoders = {
  resnet,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  'resnet-small': resnetSmall,
  'mobilenet-v3': mobileNetV3,
  'mobilenet-v3-small': mobileNetV3Small,
  vit,
  'vit-ti16': vitTi16,
  'vit-s16': vitS16,
  'vit-b16': vitB16,
  'vit-b32': vitB32,
  'vit-l16': vitL16,
  'vit-small': vitSmall,
  'clip-vit': clipVit,
  'clip-vit-b32': clipVitB32,
  'clip-vit-b16': clipVitB16,
  'clip-vit-l14': clipVitL14,
  'clip-resnet': clipResNet,
  'clip-rn50': clipRN50,
} as const satisfies ImageEncoderTable;

/**
 * The encoder called `name` in `table`, made with `options` as a config file gave them.
 *
 * @throws ConfigError for an unknown name or option; it names the nearest.
 */
export function createImageEncoder(
  name: string,
  options: object = {},
  table: ImageEncoderTable = imageEncoders,
): Encoder<Tensor4D> {
  // The factory itself refuses what is not one of its options.
  return lookUp('image encoder', table, name)(options as never);
}
