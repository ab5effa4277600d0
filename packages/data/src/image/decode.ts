import { ConfigError, DataError } from '@crossweave/core';
import sharp from 'sharp';
import { enlarge, type Side } from './enlarge';

export interface DecodeOptions {
  /** Height and width of the result in pixels. Default 224. */
  readonly size?: number;
  /**
   * `squash` (default) scales each side on its own: nothing a caption mentions is cut off.
   * `shortest-and-centre-crop` keeps proportions: the shorter side becomes `size`, the longer one
   * is rounded down and its middle kept (torchvision's `Resize(size)` and `CenterCrop(size)`).
   *
   * Both use the cubic kernel (Catmull-Rom, a = −0.5), widened when shrinking, as Pillow's
   * `BICUBIC` does; large JPEGs are first shrunk by a whole factor while decoding. An image
   * that already has the size keeps its values exactly.
   */
  readonly resize?: 'squash' | 'shortest-and-centre-crop';
  /** What lies behind transparent pixels: any CSS colour. Default white. */
  readonly background?: string;
  /** Images of more pixels are refused before they are decoded. Default 100,000,000. */
  readonly limitInputPixels?: number;
}

/** Height and width when no size is given. */
export const defaultImageSize = 224;

/**
 * Decodes the first frame of an image file to sRGB, 8 bits: EXIF orientation applied,
 * transparency flattened, embedded colour profiles converted to sRGB, CMYK, grey, palette and
 * 16-bit images brought to three channels of 8 bits.
 *
 * @param file the file's bytes, in any format sharp reads (JPEG, PNG, WebP, GIF, AVIF, TIFF, SVG)
 * @param where names the image in errors
 * @returns [size, size, 3] row-major values 0–255
 * @throws DataError when the file is no image, is damaged or too large
 */
export async function decodeImage(
  file: Uint8Array,
  where: string,
  options: DecodeOptions = {},
): Promise<Uint8Array> {
  const size = options.size ?? defaultImageSize;
  checkDecodeOptions(options);
  const limitInputPixels = options.limitInputPixels ?? 100_000_000;
  if (file.length === 0) throw damaged(where, 'an empty file');
  try {
    const image = sharp(file, { limitInputPixels, failOn: 'error' });
    const { autoOrient, channels, hasAlpha } = await image.metadata();
    // Else transparent grey would take the background's first channel alone.
    if (hasAlpha && channels === 2) image.pipelineColourspace('srgb');
    const crop = options.resize === 'shortest-and-centre-crop';
    const [fullWidth, fullHeight] = crop ? scaledShortest(autoOrient, size) : [size, size];
    const columns = windowOf(autoOrient.width, fullWidth, size);
    const rows = windowOf(autoOrient.height, fullHeight, size);
    const { data, info } = await image
      .autoOrient()
      .flatten({ background: options.background ?? '#ffffff' })
      .resize(columns.shrunk, rows.shrunk, { fit: 'fill', kernel: 'cubic' })
      .extract({
        left: columns.left,
        top: rows.left,
        width: columns.side.from,
        height: rows.side.from,
      })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw damaged(where, `${info.channels} channels after conversion`);
    return enlarge(data, columns.side, rows.side);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (!message.includes('exceeds pixel limit')) throw damaged(where, message, cause);
    throw new DataError('the image is too large', {
      where,
      expected: `at most ${limitInputPixels} pixels`,
      got: message,
      advice: 'Scale the file down, or raise limitInputPixels if you trust it.',
      cause,
    });
  }
}

/** The shorter side becomes `size`; the longer one is cut to a whole number. */
function scaledShortest(
  { width, height }: { width: number; height: number },
  size: number,
): [width: number, height: number] {
  return width < height
    ? [size, Math.trunc((size * height) / width)]
    : [Math.trunc((size * width) / height), size];
}

/**
 * How one side goes from `from` pixels to the middle `size` of `full`: shrinking and cutting
 * are libvips' work (to `shrunk` pixels, of which those after `left` are kept), enlarging is ours.
 */
function windowOf(
  from: number,
  full: number,
  size: number,
): { shrunk: number; left: number; side: Side } {
  const start = middle(full - size);
  return full > from
    ? { shrunk: from, left: 0, side: { from, full, start, size } }
    : { shrunk: full, left: start, side: { from: size, full: size, start: 0, size } };
}

/** Half of the surplus, halves to the even neighbour, as Python's `round` has it. */
function middle(surplus: number): number {
  return Number.isInteger(surplus / 2) ? surplus / 2 : 2 * Math.round(surplus / 4);
}

/** @throws ConfigError when the size or the way of resizing is not one */
export function checkDecodeOptions({ size, resize, limitInputPixels }: DecodeOptions): void {
  const check = (name: string, value: number | undefined, most: number): void => {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return;
    throw new ConfigError(`${name} is out of range`, {
      where: 'decodeImage',
      expected: `a whole number in [1, ${most}]`,
      got: value,
    });
  };
  check('size', size, 4096);
  check('limitInputPixels', limitInputPixels, Number.MAX_SAFE_INTEGER);
  const known: readonly (string | undefined)[] = [undefined, 'squash', 'shortest-and-centre-crop'];
  if (!known.includes(resize)) {
    throw new ConfigError('resize names no way of resizing', {
      where: 'decodeImage',
      expected: 'squash | shortest-and-centre-crop',
      got: resize,
    });
  }
}

function damaged(where: string, got: string, cause?: unknown): DataError {
  return new DataError('the image cannot be decoded', {
    where,
    expected: 'a whole image file (JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG)',
    got: [...new Set(got.trim().split(/\s*\n\s*/))].join('; '),
    advice: 'Replace the file or remove its record.',
    cause,
  });
}
