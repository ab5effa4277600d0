import type { Tensor4D } from '@tensorflow/tfjs-core';
import { ConfigError, lookUp, type Encoder } from '@crossweave/core';
import {
  callback,
  checkOptions,
  recordOf,
  requireObject,
  type Checks,
} from '@crossweave/core/authoring';
import { clipResNet, clipRN50 } from './clip-resnet/presets';
import { convNext } from './convnext/convnext';
import { fastVit } from './fastvit/fastvit';
import { clipVit, clipVitB16, clipVitB32, clipVitL14 } from './clip-vit/presets';
import { dinov2 } from './dinov2/presets';
import { dinov3 } from './dinov3/dinov3';
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

/**
 * A table of image encoders. The options are checked when an encoder is made, not by the compiler.
 */
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
  dinov2,
  dinov3,
  convnext: convNext,
  fastvit: fastVit,
  'clip-resnet': clipResNet,
  'clip-rn50': clipRN50,
} as const satisfies ImageEncoderTable;

/** The pictures for which an encoder is made. */
export interface ImageEncoderSurroundings {
  /** The table in which the name is looked up. Default {@link imageEncoders}. */
  readonly table?: ImageEncoderTable;
  /**
   * Size of the pictures: the value of the encoder's option `imageSize`, unless the options have
   * one.
   */
  readonly imageSize?: ImageSize;
}

/**
 * Makes the encoder `name` with options from a config file, for pictures of the given size.
 *
 * @throws ConfigError for options that are not an object, an unknown name or option (it suggests
 *   the nearest), a wrong value, an option `imageSize` that differs from the pictures' size, or
 *   pictures whose size is not a multiple of the patch size.
 */
export function createImageEncoder(
  name: string,
  options: object = {},
  surroundings: ImageEncoderSurroundings = {},
): Encoder<Tensor4D> {
  const where = 'createImageEncoder';
  requireObject(where, options);
  checkOptions(where, surroundings, checks);
  const { table = imageEncoders, imageSize } = surroundings;
  const factory = lookUp<(options: never) => Encoder<Tensor4D>>('image encoder', table, name);
  // The factory refuses unknown options.
  const make = (given: object): Encoder<Tensor4D> => factory(given as never);
  const { imageSize: own }: { imageSize?: ImageSize | 'any' } = options;
  if (imageSize === undefined) return make(options);
  const sized = make({ ...options, imageSize });
  if (own === undefined) return sized;
  const encoder = make(options);
  if (own !== 'any' && String(heightAndWidth(own)) !== String(heightAndWidth(imageSize))) {
    throw new ConfigError('the encoder is made for pictures of a different size', {
      where: name,
      expected: `"imageSize" ${JSON.stringify(imageSize)}, the size of the pictures`,
      got: own,
      advice:
        'Leave "imageSize" out. For a checkpoint that was trained with a different size, set "positionSize" to that size.',
    });
  }
  return encoder;
}

const checks: Checks<ImageEncoderSurroundings> = {
  table: recordOf(callback('that takes options and returns an encoder')),
  imageSize: sizeCheck,
};
