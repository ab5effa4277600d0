import type { Metadata, Sharp } from 'sharp';
import { imageFormat, type ImageFormat } from './format';
import { gifLeavesGaps } from './gif';
import { jpegScans } from './jpeg';
import { damaged, tooLarge, unsupported } from './refusals';
import { tiffRefusal } from './tiff';

/** What an image file says of itself before it is decoded. */
export interface Header {
  /** In pixels, with EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
  /** The colour space to convert to before anything else, where sharp's own order of work is wrong. */
  readonly space: 'srgb' | 'b-w' | undefined;
  /** Memory that decoding takes at its height, by estimate. */
  readonly bytes: number;
}

/** The same for any machine, so that a dataset is the same on all. */
const defaultMaxPixels = 100_000_000;
const defaultMaxPixelsAvif = 25_000_000;

/** Scans that a progressive JPEG may have; encoders write about ten. */
const mostScans = 100;

/** Longest side of an SVG that libvips draws. */
const longestSvgSide = 32_767;

/** Refuses by the bytes alone what would be decoded wrongly or not at all. */
export function readFormat(file: Uint8Array, where: string, svg: boolean): ImageFormat {
  if (file.length === 0) throw damaged(where, 'an empty file');
  const kind = imageFormat(file);
  if (!('format' in kind)) {
    if (kind.other === undefined) throw damaged(where, 'a file of another kind');
    throw unsupported(where, kind.other);
  }
  const { format } = kind;
  if (format === 'svg') checkSvg(file, where, svg);
  if (format === 'tiff') checkTiff(file, where);
  if (format === 'jpeg' && jpegScans(file) > mostScans) {
    throw unsupported(
      where,
      `a JPEG of ${jpegScans(file)} scans (at most ${mostScans} are decoded)`,
    );
  }
  if (format === 'gif' && gifLeavesGaps(file)) {
    throw unsupported(where, 'a GIF whose first frame does not fill the picture');
  }
  return format;
}

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
  const maxPixels = given ?? (format === 'avif' ? defaultMaxPixelsAvif : defaultMaxPixels);
  // libvips gives 1 for a side of an SVG that is longer than its own limit of ten million.
  const unknown = format === 'svg' && Math.min(width, height) === 1;
  if (unknown || width * height > maxPixels) {
    const side = (pixels: number): string =>
      unknown && pixels === 1 ? '1 (or more than 10⁷)' : `${pixels}`;
    throw tooLarge(where, maxPixels, `${side(width)} × ${side(height)} pixels`);
  }
  const known: readonly string[] = ['srgb', 'rgb16', 'b-w', 'grey16', 'cmyk'];
  if (!known.includes(metadata.space) || (depth !== 'uchar' && depth !== 'ushort')) {
    throw unsupported(where, `colour space ${metadata.space} with samples of type ${depth}`);
  }
  return { width, height, space: workingSpace(metadata), bytes: decodedBytes(metadata, format) };
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
 * line; progressive JPEGs twice (16-bit coefficients), GIFs twice, AVIF seven times (measured: 16 to
 * 20 bytes a pixel of 8 bits, 26 of 10 and 12).
 */
function decodedBytes(
  { width, height, channels, depth, isProgressive }: Metadata,
  format: ImageFormat,
): number {
  const twice = format === 'gif' || (format === 'jpeg' && isProgressive);
  const copies = format === 'avif' ? 7 : twice ? 2 : 1;
  return width * height * channels * (depth === 'ushort' ? 2 : 1) * copies;
}

function checkTiff(file: Uint8Array, where: string): void {
  let refusal: string | undefined;
  try {
    refusal = tiffRefusal(file);
  } catch (cause) {
    throw damaged(where, 'a TIFF whose first directory cannot be read', cause);
  }
  if (refusal !== undefined) throw unsupported(where, refusal);
}

function checkSvg(file: Uint8Array, where: string, allowed: boolean): void {
  if (!allowed) {
    throw unsupported(where, 'an SVG', 'Save it as PNG, or pass svg: true if you trust the file.');
  }
  const root = /<svg\b[^>]*>/i.exec(Buffer.from(file).toString('latin1'))?.[0] ?? '';
  const sides = [...root.matchAll(/\s(?:width|height)\s*=\s*["']\s*([\d.e+]+)/gi)].map(
    ([, side]) => side,
  );
  if (sides.some((side) => Number(side) > longestSvgSide)) {
    throw tooLarge(where, longestSvgSide ** 2, `sides of ${sides.join(' and ')}`);
  }
}
