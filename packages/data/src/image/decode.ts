import { isMainThread } from 'node:worker_threads';
import { isCrossweaveError } from '@crossweave/core';
import { requireText, requireValue } from '@crossweave/core/authoring';
import sharp, { type Sharp } from 'sharp';
import { unlessAborted } from '@crossweave/core/node';
import { checkFormat } from './check-format';
import type { ImageFormat } from './format';
import { readHeader, type Header } from './header';
import { decodingMemory } from './memory';
import { readDecodeOptions, type DecodeOptions, type DecodeSettings } from './options';
import { decodeOrdinaryJpeg, type Pixels } from './ordinary-jpeg';
import { damaged } from './refusals';
import { resample, sideOf, type Side } from './resample';

// libvips keeps the decoders of its last hundred operations with all that they hold, gigabytes for
// large progressive JPEGs, and no picture is decoded twice in a row. The setting is the process's.
sharp.cache(false);

/**
 * Decodes an image file to sRGB, 8 bits: EXIF orientation applied, transparency flattened, embedded
 * colour profiles converted to sRGB, CMYK, grey, palette and 16-bit images brought to three
 * channels of 8 bits. Of several frames, pages or images in one file, the first (in AVIF the
 * primary one) is taken.
 *
 * Refused, because the colours would be guesses: TIFF with signed, 32-bit or floating-point samples,
 * YCbCr (unless compressed as JPEG), CIELAB, raw data, or extra samples that are not said to be
 * transparency; GIF whose first frame leaves gaps; JPEG whose data ends early. Not decoded at all:
 * HEIC, JPEG 2000, JPEG XL, BMP.
 *
 * @param file the file's bytes: JPEG, PNG, WebP, GIF, AVIF or TIFF, and SVG if `svg` is set
 * @param where names the image in errors
 * @returns [size, size, 3] row-major values 0–255
 * @throws DataError when the file is no image, is damaged, too large or of a refused kind
 * @throws ConfigError for an option that is unknown or has a wrong value
 * @throws the reason of `signal` once it is aborted
 */
export async function decodeImage(
  file: Uint8Array,
  where: string,
  options: DecodeOptions = {},
): Promise<Uint8Array> {
  requireValue('decodeImage', 'file', file, bytes);
  requireText('decodeImage', 'where', where);
  const settings = readDecodeOptions(options);
  return unlessAborted(decode(file, where, settings), settings.signal);
}

const bytes = {
  expected: 'a Uint8Array (a Buffer is one)',
  accepts: (value: unknown) => value instanceof Uint8Array,
};

async function decode(
  file: Uint8Array,
  where: string,
  settings: DecodeSettings,
): Promise<Uint8Array> {
  settings.signal?.throwIfAborted();
  const format = checkFormat(file, where, settings.svg);
  // Where nobody waits for this thread; in the main one, sharp decodes beside it.
  if (format === 'jpeg' && !isMainThread) {
    const found = decodeOrdinaryJpeg(file, settings.maxPixels);
    if (found !== undefined) return scaled(found, settings);
  }
  try {
    return await decodeAs(format, file, where, settings, 'warning').catch((cause: unknown) => {
      if (!harmless.test(messageOf(cause))) throw cause;
      return decodeAs(format, file, where, settings, 'error');
    });
  } catch (cause) {
    if (isCrossweaveError(cause) || settings.signal?.aborted === true) throw cause;
    throw damaged(where, messageOf(cause), cause);
  }
}

/** What libjpeg says of the photos of some phones, which are whole. */
const harmless = /^(VipsJpeg: Invalid SOS parameters for sequential JPEG\s*)+$/;

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** @param failOn `warning`: a JPEG whose data ends before its end marker is filled with grey otherwise */
async function decodeAs(
  format: ImageFormat,
  file: Uint8Array,
  where: string,
  settings: DecodeSettings,
  failOn: 'warning' | 'error',
): Promise<Uint8Array> {
  // The limit on pixels is checked by the header, with a message that states them.
  const image = sharp(file, { limitInputPixels: false, failOn });
  const header = await readHeader(image, format, where, settings.maxPixels);
  return decodingMemory.run(header.bytes, settings.decodeBytes, () => {
    settings.signal?.throwIfAborted();
    return render(image, header, where, settings);
  });
}

async function render(
  image: Sharp,
  { width, height, space }: Header,
  where: string,
  settings: DecodeSettings,
): Promise<Uint8Array> {
  const { columns, rows } = sidesOf(width, height, settings);
  if (space !== undefined) image.pipelineColourspace(space);
  const { data, info } = await image
    .autoOrient()
    .extract({ left: columns.first, top: rows.first, width: columns.count, height: rows.count })
    .flatten({ background: settings.background })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw damaged(where, `${info.channels} channels after conversion`);
  return resample(data, columns, rows, settings.filter);
}

/** The same of a picture that is decoded as a whole. */
function scaled({ width, height, pixels }: Pixels, settings: DecodeSettings): Uint8Array {
  const { columns, rows } = sidesOf(width, height, settings);
  const line = width * 3;
  const cut = Buffer.alloc(columns.count === width ? 0 : rows.count * columns.count * 3);
  for (let row = 0; row * columns.count * 3 < cut.length; row++) {
    const from = (rows.first + row) * line + columns.first * 3;
    cut.set(pixels.subarray(from, from + columns.count * 3), row * columns.count * 3);
  }
  const whole = pixels.subarray(rows.first * line, (rows.first + rows.count) * line);
  const needed = columns.count === width ? whole : cut;
  const result = resample(needed, columns, rows, settings.filter);
  // A picture that has the size already would be overwritten by the next one.
  return result === whole ? Uint8Array.from(whole) : result;
}

function sidesOf(
  width: number,
  height: number,
  { size, resize, resizeTo, middle, filter }: DecodeSettings,
): { columns: Side; rows: Side } {
  const crop = resize === 'shortest-and-centre-crop';
  const [fullWidth, fullHeight] = crop
    ? scaledShortest(width, height, resizeTo)
    : [resizeTo, resizeTo];
  const half = middle === 'floored' ? floored : rounded;
  return {
    columns: sideOf(width, fullWidth, half(fullWidth - size), size, filter),
    rows: sideOf(height, fullHeight, half(fullHeight - size), size, filter),
  };
}

/** The shorter side becomes `size`; the longer one is cut to a whole number. */
function scaledShortest(
  width: number,
  height: number,
  size: number,
): [width: number, height: number] {
  return width < height
    ? [size, Math.trunc((size * height) / width)]
    : [Math.trunc((size * width) / height), size];
}

/** Half of the surplus, halves to the even neighbour, as Python's `round` has it. */
function rounded(surplus: number): number {
  return Number.isInteger(surplus / 2) ? surplus / 2 : 2 * Math.round(surplus / 4);
}

function floored(surplus: number): number {
  return Math.floor(surplus / 2);
}
