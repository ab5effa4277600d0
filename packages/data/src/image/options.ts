import { ConfigError } from '@crossweave/core';
import {
  boolean,
  checkOptions,
  having,
  number,
  oneOf,
  type Checks,
} from '@crossweave/core/authoring';
import sharp from 'sharp';
import type { ResizeFilter } from './filters';

export type ResizeMode = 'squash' | 'shortest-and-centre-crop';

export interface DecodeOptions {
  /** Height and width of the result in pixels, 1 to 4096. Default 224. */
  readonly size?: number;
  /**
   * `squash` (default) scales each side on its own: nothing a caption mentions is cut off.
   * `shortest-and-centre-crop` keeps proportions: the shorter side becomes `size`, the longer one
   * is rounded down and its middle kept (torchvision's `Resize(size)` and `CenterCrop(size)`).
   *
   * Both work on the fully decoded image, with a filter that is widened when shrinking. An image
   * that already has the size keeps its values exactly.
   */
  readonly resize?: ResizeMode;
  /**
   * What the sides (`squash`) or the shorter one become before the middle `size` of each is kept:
   * 256 where a model wants "256, then the centre 224". At least `size`, which is the default.
   */
  readonly resizeTo?: number;
  /**
   * Where the middle begins when an odd number of pixels is cut off: half of it `rounded` (default),
   * halves to the even neighbour, as torchvision has it, or `floored`, as the slow processors of
   * transformers do.
   */
  readonly middle?: 'rounded' | 'floored';
  /** Pillow's filter of that name. Default `bicubic` (Catmull-Rom, a = −0.5). */
  readonly filter?: ResizeFilter;
  /** What lies behind transparent pixels: a CSS colour name, `#rgb` or `#rrggbb`. Default white. */
  readonly background?: string;
  /**
   * Images of more pixels are refused before they are decoded. Default 100 million (AVIF 20 million:
   * its decoder takes up to half a microsecond for each), and fewer where decoding takes more than
   * 900 MB by estimate.
   */
  readonly maxPixels?: number;
  /**
   * Bytes that the images being decoded in this process may take together, by an estimate from
   * their headers: an image waits until it fits. One that is larger waits until it is alone.
   * Default 512 MiB.
   */
  readonly decodeBytes?: number;
  /**
   * Whether SVG files are drawn. Default false: a small SVG can keep the drawing library busy for
   * minutes, and text in it looks different on a machine with other fonts. For files that you trust.
   */
  readonly svg?: boolean;
  /**
   * Ends the call with the signal's reason. An image that is being decoded at that moment is
   * decoded to its end and dropped.
   */
  readonly signal?: AbortSignal;
}

/** Height and width when no size is given. */
export const defaultImageSize = 224;

/** The options with the defaults filled in. */
export type DecodeSettings = Pick<DecodeOptions, 'maxPixels' | 'signal'> &
  Required<Omit<DecodeOptions, 'maxPixels' | 'signal'>>;

/** @throws ConfigError for an option that is unknown or has a wrong value */
export function readDecodeOptions(options: DecodeOptions): DecodeSettings {
  checkOptions('decodeImage', options, decodeChecks);
  const { size = defaultImageSize, resizeTo = size } = options;
  requireResizeTo('decodeImage', size, resizeTo);
  return {
    size,
    resize: options.resize ?? 'squash',
    resizeTo,
    middle: options.middle ?? 'rounded',
    filter: options.filter ?? 'bicubic',
    background: options.background ?? '#ffffff',
    decodeBytes: options.decodeBytes ?? 512 * 2 ** 20,
    svg: options.svg ?? false,
    maxPixels: options.maxPixels,
    signal: options.signal,
  };
}

/** @throws ConfigError when the middle that is to be kept is larger than what it is cut from */
export function requireResizeTo(where: string, size: number, resizeTo: number): void {
  if (resizeTo >= size) return;
  throw new ConfigError('"resizeTo" is smaller than the size of the result', {
    where,
    expected: `at least ${size}`,
    got: resizeTo,
  });
}

const side = number({ integer: true, min: 1, max: 4096 });

/** What each option of {@link DecodeOptions} must be; for functions that pass them on. */
export const decodeChecks: Checks<DecodeOptions> = {
  size: side,
  resize: oneOf('squash', 'shortest-and-centre-crop'),
  resizeTo: side,
  middle: oneOf('rounded', 'floored'),
  filter: oneOf('bilinear', 'bicubic', 'lanczos'),
  background: { expected: 'a CSS colour name, #rgb or #rrggbb', accepts: isOpaqueColour },
  maxPixels: number({ integer: true, min: 1 }),
  decodeBytes: number({ integer: true, min: 1 }),
  svg: boolean(),
  signal: having('an AbortSignal', 'addEventListener', 'throwIfAborted'),
};

function isOpaqueColour(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (!/^(#[\da-f]{3}|#[\da-f]{6}|[a-z]+)$/i.test(value) || /^transparent$/i.test(value)) {
    return false;
  }
  try {
    sharp().flatten({ background: value });
    return true;
  } catch {
    return false;
  }
}
