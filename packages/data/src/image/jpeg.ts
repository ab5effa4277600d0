/** Markers that stand alone: stuffed and fill bytes, TEM, the restarts, SOI. */
function standsAlone(marker: number): boolean {
  return marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/**
 * Scans in a JPEG file up to its end marker. A progressive one has about ten; each passes over the
 * whole picture, so some thousand scans of a few bytes take minutes.
 */
export function jpegScans(file: Uint8Array): number {
  let scans = 0;
  let at = 0;
  while ((at = file.indexOf(0xff, at)) >= 0 && at + 3 < file.length) {
    const marker = file[at + 1]!;
    if (marker === 0xd9) break;
    if (marker === 0xff) at += 1;
    else if (standsAlone(marker)) at += 2;
    else {
      if (marker === 0xda) scans += 1;
      at += 2 + file[at + 2]! * 256 + file[at + 3]!;
    }
  }
  return scans;
}
