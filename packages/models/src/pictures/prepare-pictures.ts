import { decodeImage, normaliseImages, type Preprocessing } from '@crossweave/data';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** An image file in memory. */
export interface PictureFile {
  readonly bytes: Uint8Array;
  /** Names it in errors: its path. */
  readonly name: string;
}

/**
 * Image files as the pictures that a model reads, prepared as it was trained: [B, size, size, 3]
 * float32, the caller's to dispose.
 *
 * @throws DataError when a file is no image, damaged or of a refused kind.
 */
export async function preparePictures(
  files: readonly PictureFile[],
  preprocessing: Preprocessing,
): Promise<Tensor4D> {
  const { normalise, ...decode } = preprocessing;
  const pictures = await Promise.all(
    files.map(({ bytes, name }) => decodeImage(bytes, name, decode)),
  );
  return normaliseImages(pictures, preprocessing.size, normalise);
}
