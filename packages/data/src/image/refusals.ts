import { DataError } from '@crossweave/core';

const replace = 'Replace the file or remove its record.';

/** A file that is no image, or not a whole one. */
export function damaged(where: string, got: string, cause?: unknown): DataError {
  return new DataError('the image cannot be decoded', {
    where,
    expected: 'a whole image file (JPEG, PNG, WebP, GIF, AVIF or TIFF)',
    got: [...new Set(got.trim().split(/\s*\n\s*/))].join('; '),
    advice: replace,
    cause,
  });
}

/** An image of a kind whose colours would come out wrong, or that is not read at all. */
export function unsupported(where: string, got: string, advice?: string): DataError {
  return new DataError('the image is of a kind that cannot be decoded', {
    where,
    expected: 'JPEG, PNG, WebP, GIF, AVIF or TIFF with 8 or 16 bits for grey, RGB or CMYK',
    got,
    advice: advice ?? 'Save it as PNG or JPEG, or remove its record.',
  });
}

/** @param most completes "at most": `100 pixels` */
export function tooLarge(where: string, most: string, got: string): DataError {
  return new DataError('the image is too large', {
    where,
    expected: `at most ${most}`,
    got,
    advice: 'Scale the file down, or raise maxPixels if you trust it.',
  });
}
