import type { Tensor4D } from '@tensorflow/tfjs-core';
import { lookUp, type Encoder } from '@crossweave/core';
import {
  resnet,
  resnet101,
  resnet152,
  resnet18,
  resnet34,
  resnet50,
  resnetSmall,
} from './resnet/presets';
import { vit, vitB16, vitSmall } from './vit/presets';

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
  vit,
  'vit-b16': vitB16,
  'vit-small': vitSmall,
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
