/** A split that can tell its images apart without decoding them: those of files are of this kind. */
export interface IdentifiedSplit {
  /**
   * SHA-256 (hex) of what decides the pixels of `images([row])`: the bytes of the image file and how
   * it is decoded and normalised. Undefined where a placeholder stands in for the image.
   *
   * @throws DataError when the file is missing
   */
  imageIdentity(row: number): Promise<string | undefined>;
}

export function identifiesImages(split: object): split is IdentifiedSplit {
  return 'imageIdentity' in split && typeof split.imageIdentity === 'function';
}
