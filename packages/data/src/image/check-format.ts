import { imageFormat, type ImageFormat } from './format';
import { gifLeavesGaps } from './gif';
import { jpegScans } from './jpeg';
import { damaged, tooLarge, unsupported } from './refusals';
import { tiffRefusal } from './tiff';

/** Scans that a progressive JPEG may have; encoders write about ten. */
const mostScans = 100;

/** Longest side of an SVG that libvips draws. */
const longestSvgSide = 32_767;

/** Refuses by the bytes alone what would be decoded wrongly or not at all. */
export function checkFormat(file: Uint8Array, where: string, svg: boolean): ImageFormat {
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
  const root =
    /<svg\b[^>]*>/i.exec(Buffer.from(file.subarray(0, 65_536)).toString('latin1'))?.[0] ?? '';
  const sides = [...root.matchAll(/\s(?:width|height)\s*=\s*["']\s*([\d.e+]+)/gi)].map(
    ([, side]) => side,
  );
  if (sides.some((side) => Number(side) > longestSvgSide)) {
    throw tooLarge(where, `${longestSvgSide} pixels a side`, `an SVG of ${sides.join(' by ')}`);
  }
}
