import sharp from 'sharp';

/**
 * A small picture for pages, at most `most` pixels a side, upright, as a data URI of a JPEG file.
 * Undefined for a file that cannot be decoded.
 */
export async function thumbnail(file: Uint8Array, most = 192): Promise<string | undefined> {
  try {
    const small = await sharp(file, { failOn: 'none' })
      .autoOrient()
      .resize(most, most, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 75 })
      .toBuffer();
    return `data:image/jpeg;base64,${small.toString('base64')}`;
  } catch {
    return undefined;
  }
}
