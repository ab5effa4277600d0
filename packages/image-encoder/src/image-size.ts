import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  checkShapes,
  requireInteger,
  type Dimension,
} from '@crossweave/core';

/** Pixels: one number for a square picture, or height and width. */
export type ImageSize = number | readonly [height: number, width: number];

/** @throws ConfigError unless `size` is one whole number or two. */
export function heightAndWidth(where: string, size: ImageSize): [height: number, width: number] {
  const sides = typeof size === 'number' ? [size, size] : size;
  // Sizes come from config files too.
  if (!Array.isArray(sides) || sides.length !== 2) {
    throw new ConfigError('"imageSize" is neither a number nor a pair', {
      where,
      expected: 'pixels, or [height, width]',
      got: size,
    });
  }
  const [height, width] = sides as [number, number];
  requireInteger(where, 'imageSize', height);
  requireInteger(where, 'imageSize', width);
  return [height, width];
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
