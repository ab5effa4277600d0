const [extension, frame, graphicControl] = [0x21, 0x2c, 0xf9];

/**
 * Whether the first frame of a GIF leaves part of the canvas free and names no transparent
 * colour: viewers fill it with the background colour or with nothing, libvips with black.
 * False for a file that ends before its first frame.
 */
export function gifLeavesGaps(file: Uint8Array): boolean {
  const word = (at: number): number => (file[at] ?? 0) + 256 * (file[at + 1] ?? 0);
  const flags = file[10] ?? 0;
  let at = 13 + ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));
  let transparent = false;
  while (file[at] === extension) {
    if (file[at + 1] === graphicControl) transparent = ((file[at + 3] ?? 0) & 1) === 1;
    at += 2;
    for (let length = file[at] ?? 0; length > 0; length = file[at] ?? 0) at += 1 + length;
    at += 1;
  }
  if (file[at] !== frame || transparent) return false;
  const [left, top, width, height] = [word(at + 1), word(at + 3), word(at + 5), word(at + 7)];
  return left > 0 || top > 0 || left + width < word(6) || top + height < word(8);
}
