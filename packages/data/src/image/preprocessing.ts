import {
  checkOptions,
  fields,
  number,
  oneOf,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import type { ResizeFilter } from './filters';
import { imagenetNormalisation, normalisationCheck, type Normalisation } from './normalise';
import { defaultImageSize, requireResizeTo, type DecodeOptions, type ResizeMode } from './options';

/**
 * How a decoded picture becomes what a model reads, as plain data: it can be written to JSON and
 * compared. First the resize, then the middle `size` × `size`, then the normalisation.
 */
export interface Preprocessing {
  /** S: height and width of the result in pixels. */
  readonly size: number;
  /**
   * `squash` scales each side on its own, `shortest-and-centre-crop` the shorter one; see
   * {@link DecodeOptions}.
   */
  readonly resize: ResizeMode;
  /** What the sides, or the shorter one, become before the middle is kept; at least `size`. */
  readonly resizeTo: number;
  /** How half of an odd surplus is cut off. */
  readonly middle: 'rounded' | 'floored';
  readonly filter: ResizeFilter;
  readonly normalise: Normalisation;
}

/** The default: the whole picture is resized to a square, and nothing is cropped. */
export const defaultPreprocessing: Preprocessing = {
  size: defaultImageSize,
  resize: 'squash',
  resizeTo: defaultImageSize,
  middle: 'rounded',
  filter: 'bicubic',
  normalise: imagenetNormalisation,
};

/** The mean and standard deviation that CLIP's models were trained with. */
export const clipNormalisation: Normalisation = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** Brings values to −1…1, as SigLIP, ViT and BEiT have them. */
export const siglipNormalisation: Normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** What torchvision's ImageNet models read (`Resize(256)`, `CenterCrop(224)`, bilinear). */
export const imagenetPreprocessing: Preprocessing = {
  size: 224,
  resize: 'shortest-and-centre-crop',
  resizeTo: 256,
  middle: 'rounded',
  filter: 'bilinear',
  normalise: imagenetNormalisation,
};

/** What CLIP at 224 pixels reads. */
export const clipPreprocessing: Preprocessing = {
  size: 224,
  resize: 'shortest-and-centre-crop',
  resizeTo: 224,
  middle: 'rounded',
  filter: 'bicubic',
  normalise: clipNormalisation,
};

/** What SigLIP at 224 pixels reads. */
export const siglipPreprocessing: Preprocessing = {
  size: 224,
  resize: 'squash',
  resizeTo: 224,
  middle: 'rounded',
  filter: 'bicubic',
  normalise: siglipNormalisation,
};

const side = number({ integer: true, min: 1, max: 4096 });

const preprocessingChecks: Checks<Preprocessing> = {
  size: side,
  resize: oneOf('squash', 'shortest-and-centre-crop'),
  resizeTo: side,
  middle: oneOf('rounded', 'floored'),
  filter: oneOf('bilinear', 'bicubic', 'lanczos'),
  normalise: normalisationCheck,
};

/** A preprocessing as an option of another function. */
export const preprocessingCheck: Check = fields(
  preprocessingChecks,
  Object.keys(preprocessingChecks),
);

/** @throws ConfigError for a value that is no preprocessing, or cuts out more than there is */
export function requirePreprocessing(where: string, value: Preprocessing): void {
  checkOptions(where, value, preprocessingChecks, Object.keys(preprocessingChecks) as []);
  requireResizeTo(where, value.size, value.resizeTo);
}

/** The part that decoding does. */
export function decodeOptionsOf(preprocessing: Preprocessing): DecodeOptions {
  const { size, resize, resizeTo, middle, filter } = preprocessing;
  return { size, resize, resizeTo, middle, filter };
}
