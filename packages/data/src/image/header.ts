import type { Metadata, Sharp } from 'sharp';
import type { ImageFormat } from './format';
import { tooLarge, unsupported } from './refusals';

/** What an image file says of itself before it is decoded. */
export interface Header {
  readonly format: ImageFormat;
  /** In pixels, with EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
  /** The colour space to convert to before anything else, where sharp's own order of work is wrong. */
  readonly space: 'srgb' | 'b-w' | undefined;
  /** Memory that decoding takes at its height, by estimate, with the 3 bytes a pixel it gives. */
  readonly bytes: number;
}

/** Fixed numbers, so that a dataset is the same on any machine. */
const mostPixels = 100_000_000;
const mostPixelsAvif = 20_000_000;
const mostBytes = 900_000_000;

/** Refuses by the header what is too large or has samples that would be clipped. */
export async function readHeader(
  image: Sharp,
  format: ImageFormat,
  where: string,
  given: number | undefined,
): Promise<Header> {
  const metadata = await image.metadata();
  const { depth, autoOrient } = metadata;
  const { width, height } = autoOrient;
  const perPixel = bytesPerPixel(metadata, format);
  const most = format === 'avif' ? mostPixelsAvif : mostPixels;
  const maxPixels = given ?? Math.min(most, Math.floor(mostBytes / perPixel));
  if (width * height > maxPixels) {
    throw tooLarge(where, `${maxPixels} pixels`, `${width} × ${height} pixels`);
  }
  // libvips gives 1 for a side of an SVG that is longer than its own limit of a hundred million.
  if (format === 'svg' && Math.min(width, height) === 1) {
    throw tooLarge(where, `${maxPixels} pixels`, 'an SVG with a side of 1 pixel, or of over 10⁸');
  }
  const known: readonly string[] = ['srgb', 'rgb16', 'b-w', 'grey16', 'cmyk'];
  if (!known.includes(metadata.space) || (depth !== 'uchar' && depth !== 'ushort')) {
    throw unsupported(where, `colour space ${metadata.space} with samples of type ${depth}`);
  }
  const bytes = width * height * (perPixel + 3);
  return { format, width, height, space: workingSpace(metadata), bytes };
}

/**
 * sharp takes 16-bit RGB with a profile through Display P3 and leaves it there, passes over the
 * profiles of 16-bit grey, and lays transparent grey on the background's first channel alone.
 */
function workingSpace({ space, channels, hasProfile }: Metadata): Header['space'] {
  if (space === 'rgb16') return 'srgb';
  if (space === 'grey16' && hasProfile) return 'b-w';
  return channels === 2 && !hasProfile ? 'srgb' : undefined;
}

/**
 * The whole picture in its own channels and depth, although most formats are decoded line by
 * line, and once more to turn it. Measured beyond that: progressive JPEGs hold 16-bit coefficients,
 * GIF 5 bytes, WebP 9, AVIF 16 to 20 bytes with 8 bits a sample and 26 with 10 or 12.
 */
function bytesPerPixel(
  { channels, depth, isProgressive, orientation = 1 }: Metadata,
  format: ImageFormat,
): number {
  const copies = { avif: 7, webp: 3, gif: 2, jpeg: isProgressive ? 2 : 1, png: 1, tiff: 1, svg: 1 };
  const turned = orientation > 1 ? 1 : 0;
  return channels * (depth === 'ushort' ? 2 : 1) * (copies[format] + turned);
}
