import type { Tensor4D } from '@tensorflow/tfjs-core';
import { ShapeError, checkShapes, type Dimension } from '@crossweave/core';
import { anyOf, count, listOf, oneOf } from '@crossweave/core/authoring';

/** A size in pixels: one number for a square picture, or height and width. */
export type ImageSize = number | readonly [height: number, width: number];

/** Check of an option that is an {@link ImageSize}. */
export const sizeCheck = anyOf(count(), listOf(count(), { length: 2 }));
export const anySizeCheck = anyOf(sizeCheck, oneOf('any'));

export function heightAndWidth(size: ImageSize): readonly [height: number, width: number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** @throws ShapeError unless `image` is float32 [B, height, width, 3]. */
export function checkImage(
  where: string,
  image: Tensor4D,
  height: Dimension,
  width: Dimension,
): void {
  checkShapes(where, { image: [image, ['B', height, width, 3]] });
  if (image.dtype !== 'float32') {
    throw new ShapeError('pixels must be normalised float32 values', {
      where,
      expected: 'float32',
      got: image.dtype,
    });
  }
}
