import { ConfigError, type Encoder } from '@crossweave/core';
import type { Preprocessing } from '@crossweave/data';
import { createImageEncoder } from '@crossweave/image-encoder';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ImageDescription } from './families/description';
import type { ModelFiles } from './model-files';
import type { PretrainedImage, PretrainedOptions } from './types';

export interface BuiltImage {
  readonly tower: PretrainedImage;
  readonly encoder: Encoder<Tensor4D>;
  readonly notes: readonly string[];
}

/** @throws ConfigError when the checkpoint's model and its preprocessing disagree on the pictures. */
export function imageOf(
  files: ModelFiles,
  { part, positionSize, anySize = false, preprocessing: own }: ImageDescription,
  { imageSize: asked, preprocessing: given }: PretrainedOptions,
): BuiltImage {
  const stated = given ?? own;
  if (stated === undefined) {
    throw new ConfigError('the checkpoint does not say how its pictures are prepared', {
      where: files.folder,
      expected: 'preprocessor_config.json',
      advice: 'Put the file of the same repository there, or give the option "preprocessing".',
    });
  }
  const preprocessing = asked === undefined ? stated : resized(stated, asked);
  const { size } = preprocessing;
  const isOther = positionSize !== undefined && positionSize !== size;
  if (isOther && asked === undefined && !anySize) {
    throw new ConfigError('the pictures are of another size than the positions of the model', {
      where: files.folder,
      expected: `${positionSize}×${positionSize} pixels, as config.json has them`,
      got: `${size}×${size}, as ${given === undefined ? 'preprocessor_config.json' : '"preprocessing"'} makes them`,
      advice: `Give imageSize: ${size} to have the positions interpolated.`,
    });
  }
  const options = {
    ...part.options,
    imageSize: size,
    ...(isOther && { positionSize }),
  };
  const encoder = createImageEncoder(part.name, options);
  return {
    tower: { part: { name: part.name, options }, encoder, preprocessing },
    encoder,
    notes: isOther
      ? [
          `Positions of ${positionSize}×${positionSize} pixels are interpolated for ${size}×${size}.`,
        ]
      : [],
  };
}

/** The same steps for pictures of another size. */
function resized(preprocessing: Preprocessing, size: number): Preprocessing {
  const resizeTo = Math.round((preprocessing.resizeTo * size) / preprocessing.size);
  return { ...preprocessing, size, resizeTo };
}
