import {
  boolean,
  checkOptions,
  having,
  number,
  oneOf,
  type Checks,
} from '@crossweave/core/authoring';
import sharp from 'sharp';

export interface DecodeOptions {
  /** Height and width of the result in pixels, 1 to 4096. Default 224. */
  readonly size?: number;
  /**
   * `squash` (default) scales each side on its own: nothing a caption mentions is cut off.
   * `shortest-and-centre-crop` keeps proportions: the shorter side becomes `size`, the longer one
   * is rounded down and its middle kept (torchvision's `Resize(size)` and `CenterCrop(size)`).
   *
   * Both use the cubic kernel (Catmull-Rom, a = −0.5), widened when shrinking, as Pillow's
   * `BICUBIC` does, on the fully decoded image. An image that already has the size keeps its
   * values exactly.
   */
  readonly resize?: 'squash' | 'shortest-and-centre-crop';
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
  return {
    size: options.size ?? defaultImageSize,
    resize: options.resize ?? 'squash',
    background: options.background ?? '#ffffff',
    decodeBytes: options.decodeBytes ?? 512 * 2 ** 20,
    svg: options.svg ?? false,
    maxPixels: options.maxPixels,
    signal: options.signal,
  };
}

/** What each option of {@link DecodeOptions} must be; for functions that pass them on. */
export const decodeChecks: Checks<DecodeOptions> = {
  size: number({ integer: true, min: 1, max: 4096 }),
  resize: oneOf('squash', 'shortest-and-centre-crop'),
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
