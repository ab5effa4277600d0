/** What sharp decodes here. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'svg';

/* eslint-disable no-control-regex -- the bytes that files begin with */

/** How files of each format begin; a dot stands for any byte. */
const signatures: readonly (readonly [ImageFormat, RegExp])[] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG\r\n\x1a\n/],
  ['webp', /^RIFF....WEBP/s],
  ['gif', /^GIF8[79]a/],
  ['tiff', /^(II[*+]\0|MM\0[*+])/],
  ['avif', /^....ftyp(avif|mif1.*avif)/s],
  ['svg', /^(\xef\xbb\xbf)?\s*(?!<!doctype html|<html)<(.*<)?svg[\s/>]/is],
];

/** Formats that are not decoded, for the message. */
const others: readonly (readonly [string, RegExp])[] = [
  ['a sequence of AVIF images', /^....ftypavis/s],
  ['HEIC', /^....ftyp(hei|hev|mif1|msf1)/s],
  ['JPEG 2000', /^(\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/],
  ['JPEG XL', /^(\0\0\0\x0cJXL |\xff\x0a)/],
  ['BMP', /^BM/],
  ['an icon (ICO)', /^\0\0\x01\0/],
  ['Photoshop (PSD)', /^8BPS/],
  ['PDF', /^%PDF/],
  ['netpbm (PBM, PGM or PPM)', /^P[1-7]\s/],
  ['OpenEXR', /^v\/1\x01/],
  ['gzip', /^\x1f\x8b/],
  ['a web page', /^(\xef\xbb\xbf)?\s*<(!doctype html|html)/i],
  ['XML', /^(\xef\xbb\xbf)?\s*</],
];

/** The format of a file by how it begins, or the name of a format that is not decoded. */
export function imageFormat(
  file: Uint8Array,
): { readonly format: ImageFormat } | { readonly other: string | undefined } {
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, 4096));
  const text = head.toString('latin1');
  const format = signatures.find(([, signature]) => signature.test(text))?.[0];
  return format === undefined
    ? { other: others.find(([, signature]) => signature.test(text))?.[0] }
    : { format };
}
