import type { Tensor4D } from '@tensorflow/tfjs-core';
import { ConfigError, lookUp, type Encoder } from '@crossweave/core';
import { callback, checkOptions, recordOf, type Checks } from '@crossweave/core/authoring';
import { clipResNet, clipRN50 } from './clip-resnet/presets';
import { clipVit, clipVitB16, clipVitB32, clipVitL14 } from './clip-vit/presets';
import { heightAndWidth, sizeCheck, type ImageSize } from './image-size';
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
import { siglipVit } from './siglip-vit/presets';
import { vit, vitB16, vitB32, vitL16, vitS16, vitSmall, vitTi16 } from './vit/presets';

/** A table of image encoders; the options are checked when an encoder is made, not by the compiler. */
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
  'siglip-vit': siglipVit,
  'clip-resnet': clipResNet,
  'clip-rn50': clipRN50,
} as const satisfies ImageEncoderTable;

/** The pictures that an encoder is made for. */
export interface ImageEncoderSurroundings {
  /** Where the name is looked up. Default {@link imageEncoders}. */
  readonly table?: ImageEncoderTable;
  /** Size of the pictures: the encoder's option of this name, unless it is given. */
  readonly imageSize?: ImageSize;
}

/**
 * The encoder called `name`, made with `options` as a config file gave them, for pictures of the
 * given size.
 *
 * @throws ConfigError for an unknown name or option (it names the nearest), a wrong value, an option
 *   `imageSize` that is not the pictures', or pictures that the encoder cannot cut into its patches.
 */
export function createImageEncoder(
  name: string,
  options: object = {},
  surroundings: ImageEncoderSurroundings = {},
): Encoder<Tensor4D> {
  const where = 'createImageEncoder';
  checkOptions(where, surroundings, checks);
  const { table = imageEncoders, imageSize } = surroundings;
  const factory = lookUp<(options: never) => Encoder<Tensor4D>>('image encoder', table, name);
  // The factory itself refuses what is not one of its options.
  const make = (given: object): Encoder<Tensor4D> => factory(given as never);
  const { imageSize: own }: { imageSize?: ImageSize | 'any' } = options;
  if (imageSize === undefined) return make(options);
  const sized = make({ ...options, imageSize });
  if (own === undefined) return sized;
  const encoder = make(options);
  if (own !== 'any' && String(heightAndWidth(own)) !== String(heightAndWidth(imageSize))) {
    throw new ConfigError('the encoder is made for pictures of another size', {
      where: name,
      expected: `"imageSize" ${JSON.stringify(imageSize)}, as the pictures are`,
      got: own,
      advice:
        'Leave "imageSize" out. A checkpoint of another size keeps its positions with "positionSize".',
    });
  }
  return encoder;
}

const checks: Checks<ImageEncoderSurroundings> = {
  table: recordOf(callback('that takes options and gives an encoder')),
  imageSize: sizeCheck,
};
